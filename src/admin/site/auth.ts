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
 * The id of the user whose cookie this browser may have. Scripts cannot see the cookie. Without an id, the server need not be
 * asked, and other tabs notice that another user has signed in. Another Latchkey on this origin has its own id.
 */
const SIGNED_IN = `latchkey.signed-in${BASE}`

let session: Session | undefined

/** The last session, until the next one. Pages are drawn again after the session has ended. */
let last: Session | undefined
const listeners = new Set<() => void>()

/** The session of the user who is signed in. It is known when the first page is shown. */
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

/**
 * Signs the same user in again.
 * @throws {HttpError} also if the name now belongs to another user
 */
export async function signInAgain(password: string): Promise<void> {
  const { id, username } = currentSession().user
  const { body } = await call<Session>('POST', '/api/sessions/current', { body: { username, password } })
  if (body.user.id === id) return keep(body)
  await endSession()
  throw new HttpError(text('signIn.otherUser'), 409)
}

/** Ends the session on the server. @throws {HttpError} if the session may still exist */
export async function endSession(): Promise<void> {
  await call('DELETE', '/api/sessions/current').catch((error: unknown) => {
    if (!(error instanceof HttpError) || error.status !== 401) throw error
  })
}

/** Finds the session of an earlier visit, if there is one. @throws {HttpError} if the server cannot say */
export async function resume(): Promise<void> {
  if (!localStorage.getItem(SIGNED_IN)) return
  try {
    keep((await call<Session>('GET', '/api/sessions/current')).body)
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 401) throw error
    forget()
  }
}

/**
 * Work in one tab must not be done as the user of another tab. So a tab is reloaded when the user changes, unless work would be
 * lost.
 */
export function followOtherTabs(): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== SIGNED_IN) return
    // The user who signed in there may be the one who works here. Then this tab has the right cookie again.
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

  /** The session has already ended, by `endSession` or by the server. */
  logout: async () => forget(),

  checkAuth: async () => {
    if (!session) throw new HttpError(text('signIn.please'), 401)
  },

  /** A 401 is the only way in which this page learns that its session has ended. */
  checkError: async (error: unknown) => {
    if (error instanceof HttpError && error.status === 401) throw { message: text('signIn.ended') }
  },

  getIdentity: async () => ({ id: currentSession().user.id, fullName: currentSession().user.username }),

  /** A form also shows a record to users who may only read it. */
  canAccess: async ({ resource, action }) =>
    may(`${resource}:${['create', 'delete'].includes(action) ? 'write' : 'read'}`),
}

function keep(found: Session) {
  session = found
  last = found
  localStorage.setItem(SIGNED_IN, String(found.user.id))
  for (const listener of listeners) listener()
}

/** Forgets the session in this page, but not on the server. The admin site's pages then go to the sign-in by themselves. */
export function forget(): void {
  session = undefined
  localStorage.removeItem(SIGNED_IN)
}

/** The same, and the page shows at once that nobody is signed in. */
export function forgetAndShow(): void {
  forget()
  for (const listener of listeners) listener()
}
