import { useSyncExternalStore } from 'react'
import { type AuthProvider, HttpError } from 'react-admin'
import { call } from './api'
import { BASE } from './base'
import { text } from './words/words'
import { endInterruption, interrupt } from './work/interruption'
import { hasWork } from './work/unsaved'

export interface Session {
  user: { id: number; username: string; is_staff: boolean; is_superuser: boolean }
  scopes: string[]
  expires_at: string
  database: string
}

/**
 * The id of the user whose cookie this browser may have, which no script can see: without it the server need not be asked,
 * and other tabs see by it that somebody else has signed in. Another Latchkey of this origin has one of its own.
 */
const SIGNED_IN = `latchkey.signed-in${BASE}`

let session: Session | undefined

/** The same until the next one: pages are drawn once more after the session has ended. */
let last: Session | undefined
const listeners = new Set<() => void>()

/** Who is signed in; known once the first page is shown. */
export function currentSession(): Session {
  if (!last) throw new Error('nobody is signed in')
  return last
}

export function may(scope: string): boolean {
  return session?.scopes.includes(scope) ?? false
}

export async function signIn(username: string, password: string): Promise<void> {
  keep((await call<Session>('POST', '/api/sessions/current', { body: { username, password } })).body)
}

/** The same user goes on. @throws {HttpError} also where the name is another user's by now */
export async function signInAgain(password: string): Promise<void> {
  const { id, username } = currentSession().user
  const { body } = await call<Session>('POST', '/api/sessions/current', { body: { username, password } })
  if (body.user.id === id) return keep(body)
  await endSession()
  throw new HttpError(text('signIn.otherUser'), 409)
}

/** Ends the session on the server. @throws {HttpError} when it may go on */
export async function endSession(): Promise<void> {
  await call('DELETE', '/api/sessions/current').catch((error: unknown) => {
    if (!(error instanceof HttpError) || error.status !== 401) throw error
  })
}

/** Finds the session of an earlier visit, if there is one. @throws {HttpError} when the server cannot tell */
export async function resume(): Promise<void> {
  if (!localStorage.getItem(SIGNED_IN)) return
  try {
    keep((await call<Session>('GET', '/api/sessions/current')).body)
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 401) throw error
    forget()
  }
}

/** What one tab shows must not be done as the user of another: it is loaded anew when that one changes, unless work would be lost. */
export function followOtherTabs(): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== SIGNED_IN) return
    // Whoever signed in there may be the one who works here, whose cookie this tab then has, too.
    if (newValue === (session ? String(session.user.id) : null)) return endInterruption()
    if (hasWork()) void interrupt('elsewhere')
    else location.reload()
  })
}

export function useSession(): Session | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => session,
  )
}

export const authProvider: AuthProvider = {
  login: ({ username, password }) => signIn(username, password),

  /** The session itself has ended by then: by `endSession`, or by the server. */
  logout: async () => forget(),

  checkAuth: async () => {
    if (!session) throw new HttpError(text('signIn.please'), 401)
  },

  /** The server's 401 is the only end of a session that this page knows of. */
  checkError: async (error: unknown) => {
    if (error instanceof HttpError && error.status === 401) throw { message: text('signIn.ended') }
  },

  getIdentity: async () => ({ id: currentSession().user.id, fullName: currentSession().user.username }),

  /** A form is also how a record is read. */
  canAccess: async ({ resource, action }) =>
    may(`${resource}:${['create', 'delete'].includes(action) ? 'write' : 'read'}`),
}

function keep(found: Session) {
  session = found
  last = found
  localStorage.setItem(SIGNED_IN, String(found.user.id))
  for (const listener of listeners) listener()
}

/** What this page knows of the session; the server knows it still. The admin site's pages go on to the sign-in by themselves. */
export function forget(): void {
  session = undefined
  localStorage.removeItem(SIGNED_IN)
}

/** The same where the page is to show at once that nobody is signed in. */
export function forgetAndShow(): void {
  forget()
  for (const listener of listeners) listener()
}
