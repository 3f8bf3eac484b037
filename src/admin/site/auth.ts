import { type AuthProvider, HttpError } from 'react-admin'
import { call } from './api'

export interface Session {
  user: { id: number; username: string; is_staff: boolean; is_superuser: boolean }
  scopes: string[]
  expires_at: string
  version: string
  database: string
}

/** Whether this browser may have a cookie, which no script can see: without it the server need not be asked. */
const SIGNED_IN = 'latchkey.signed-in'

let session: Session | undefined

/** The server has said so: there is nothing left to sign out of. */
let hasEnded = false

/** Who is signed in; known once the first page is shown. */
export function currentSession(): Session {
  if (!session) throw new Error('nobody is signed in')
  return session
}

export function may(scope: string): boolean {
  return session?.scopes.includes(scope) ?? false
}

/** For the page of the setup link, which signs in what it has made. */
export async function signIn(username: string, password: string): Promise<void> {
  session = (await call<Session>('POST', '/api/sessions/current', { body: { username, password } })).body
  localStorage.setItem(SIGNED_IN, 'yes')
}

export const authProvider: AuthProvider = {
  login: ({ username, password }) => signIn(username, password),

  logout: async () => {
    const isAlive = session && !hasEnded
    session = undefined
    hasEnded = false
    localStorage.removeItem(SIGNED_IN)
    // When the server is away, the page forgets the session all the same.
    if (isAlive) await call('DELETE', '/api/sessions/current').catch(() => {})
  },

  checkAuth: async () => {
    if (!localStorage.getItem(SIGNED_IN)) throw new HttpError('Please sign in.', 401)
    session ??= (await call<Session>('GET', '/api/sessions/current')).body
  },

  /** The server's 401 is the only end of a session that this page knows of. */
  checkError: async (error: unknown) => {
    if (!(error instanceof HttpError) || error.status !== 401) return
    hasEnded = true
    throw { message: 'Your session has ended. Please sign in again.' }
  },

  getIdentity: async () => ({ id: currentSession().user.id, fullName: currentSession().user.username }),

  canAccess: async ({ resource, action }) =>
    may(`${resource}:${['list', 'show', 'export'].includes(action) ? 'read' : 'write'}`),
}
