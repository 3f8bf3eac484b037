import { expect } from 'chai'
import { removeUser } from '../src/identity/access/change-user.js'
import { setPassword } from '../src/identity/access/set-password.js'
import { Group } from '../src/identity/groups/group.js'
import { beginSession } from '../src/identity/sessions/session.js'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { oneAfterTheOther } from './meanwhile.js'
import { everything } from './rows.js'
import { accountOf, clientWithValue, makePersonal, makeUser, PASSWORD, raw, TESTER } from './support.js'

const choice = { text: 'coffee-4-two', rules: 'enforced' } as const

/** Requests that were let in, and find when their turn to write comes that what let them in is gone. */
describe('a request that was let in', () => {
  let root: User
  let target: User

  beforeEach(async () => {
    root = await makeUser({ username: 'root', isSuperuser: true })
    target = await makeUser({ username: 'target', isStaff: true })
    await makeUser({ isSuperuser: true })
  })

  /** Of a superuser; each with what it asks about, and none of it may be done. */
  const acts: Record<string, () => Promise<[method: string, path: string, body?: object]>> = {
    createUser: async () => ['POST', '/api/users', { username: 'puppet', is_superuser: true }],
    updateUser: async () => ['PATCH', `/api/users/${target.id}`, { email: 'x@example.com' }],
    deleteUser: async () => ['DELETE', `/api/users/${target.id}`],
    setUserPassword: async () => ['PUT', `/api/users/${target.id}/password`, { password: 'tea-for-2-at-4' }],
    createPasswordLink: async () => ['POST', `/api/users/${target.id}/password-link`],
    createGroup: async () => ['POST', '/api/groups', { name: 'puppets', scopes: ['users:write'] }],
    updateGroup: async () => ['PATCH', `/api/groups/${(await group()).id}`, { scopes: ['users:write'] }],
    deleteGroup: async () => ['DELETE', `/api/groups/${(await group()).id}`],
    createToken: async () => ['POST', '/api/tokens', { user: target.id }],
    updateToken: async () => ['PATCH', `/api/tokens/${await tokenId()}`, { name: 'changed' }],
    rotateToken: async () => ['POST', `/api/tokens/${await tokenId()}/rotate`, { overlap_seconds: 0 }],
    deleteToken: async () => ['DELETE', `/api/tokens/${await tokenId()}`],
    deleteUserSession: async () => ['DELETE', `/api/users/${target.id}/sessions/${await sessionId()}`],
  }
  const group = () => Group.add({ name: 'target', scopes: [] }, TESTER)
  const tokenId = async () => (await makePersonal(target)).token.id
  const sessionId = async () => (await beginSession(target, undefined, TESTER)).session.id

  /** All but the user itself, whose rights the test takes. */
  const others = async () => (await everything()).filter((row) => (row as User).username !== root.username)

  for (const [operation, act] of Object.entries(acts))
    it(`as a superuser does no ${operation} when its user is one no longer`, async () => {
      const authorization = `Token ${await accountOf(root)}`
      const [method, path, content] = await act()
      const body = content && JSON.stringify(content)
      const headers = { authorization, ...(body && { 'content-type': 'application/json' }) }
      const before = await others()
      const [, { status, text }] = await oneAfterTheOther(
        root,
        () => User.change(root.id, { isSuperuser: false }, TESTER, () => {}),
        () => raw(method, path, { headers, body }),
      )
      expect(status, text).to.equal(403)
      expect(JSON.parse(text).detail).to.equal('Your rights have changed in the meantime.')
      expect(await others()).to.deep.equal(before)
    })

  const ends: Record<string, { end: (token: Token) => Promise<unknown>; of: 'token' | 'user'; detail: string }> = {
    'its token is revoked': {
      end: ({ id }) => Token.revoke(id, undefined, TESTER),
      of: 'token',
      detail: 'Invalid token.',
    },
    'its token is rotated': {
      end: ({ id }) => Token.rotate(id, { overlap: 0, maxAge: undefined }, TESTER, () => {}),
      of: 'token',
      detail: 'Invalid token.',
    },
    'the password of its user is changed': {
      end: () => setPassword(root.id, choice, { kinds: [] }, TESTER),
      of: 'user',
      detail: 'Invalid token.',
    },
    'its user is disabled': {
      end: () => User.change(root.id, { isActive: false }, TESTER, () => {}),
      of: 'user',
      detail: 'User inactive or deleted.',
    },
    'its user is deleted': { end: () => removeUser(root.id, TESTER, () => {}), of: 'user', detail: 'Invalid token.' },
  }

  for (const [what, { end, of, detail }] of Object.entries(ends))
    it(`makes no token when ${what}`, async () => {
      const { token, value } = await makePersonal(root, { scopes: ['employees:read', 'tokens:write'] })
      const json = { name: 'late', scopes: ['employees:read'] }
      const [, { status, body }] = await oneAfterTheOther(
        of === 'token' ? token : root,
        () => end(token),
        () => clientWithValue(value).post('/api/tokens').send(json),
      )
      expect([status, body.detail]).to.deep.equal([401, detail])
      expect(await Token.count({ where: { name: 'late' } })).to.equal(0)
    })

  const signIns: Record<string, { path: string; kind: Token['kind'] }> = {
    'gives no token': { path: '/gettoken/', kind: 'account' },
    'begins no session': { path: '/api/sessions/current', kind: 'session' },
  }
  for (const [what, { path, kind }] of Object.entries(signIns)) {
    const signIn = () => {
      const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
      return raw('POST', path, { headers, body: JSON.stringify({ username: 'target', password: PASSWORD }) })
    }
    const change = () => setPassword(target.id, choice, { kinds: [] }, TESTER)

    it(`to sign in ${what} when the password is changed before it is noted`, async () => {
      const [, { status }] = await oneAfterTheOther(target, change, signIn)
      expect(status).to.equal(400)
      expect(await Token.count({ where: { kind } })).to.equal(0)
    })

    it(`to sign in ${what} when the password is changed after it was noted`, async () => {
      const [{ status }] = await oneAfterTheOther(target, signIn, change)
      // PostgreSQL may let it in before the change, which then ends what it made.
      if (isSqlite) expect(status).to.equal(400)
      expect(await Token.count({ where: { kind, revokedAt: null } })).to.equal(0)
    })
  }
})
