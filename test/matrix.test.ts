import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { Token } from '../src/identity/tokens/token.js'
import { digestOf, newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { exampleBody, type Operation, operations } from './document.js'
import { accountOf, makeEmployees, makePersonal, makeUser, raw, TESTER } from './support.js'

/**
 * What each closed operation answers to a good token, with the body of its examples. A new operation without its row
 * fails: somebody has to think about who may call it.
 */
const GOOD: Record<string, number> = {
  listUsers: 200,
  createUser: 201,
  getUser: 200,
  replaceUser: 200,
  updateUser: 200,
  deleteUser: 204,
  setUserPassword: 204,
  listUserSessions: 200,
  deleteUserSession: 204,
  listGroups: 200,
  createGroup: 201,
  getGroup: 200,
  replaceGroup: 200,
  updateGroup: 200,
  deleteGroup: 204,
  listTokens: 200,
  getCurrentToken: 200,
  getToken: 200,
  createToken: 201,
  rotateToken: 200,
  deleteToken: 204,
  listEvents: 200,
  verifyEvents: 200,
  getEvent: 200,
  getApiRoot: 200,
  getMetrics: 200,
  listEmployees: 200,
  getEmployee: 200,
  createEmployee: 201,
  replaceEmployee: 200,
  updateEmployee: 200,
  deleteEmployee: 204,
}

/** Bodies other than those of the examples: what the examples make is there already. */
const BODIES: Record<string, object> = {
  createEmployee: { empid: 102, empname: 'x', salary: 1 },
  createToken: { name: 'x', scopes: ['employees:read'] },
}

/** Those of the cookie have tests of their own. */
const closed = operations.filter(({ security }) => security.some((requirement) => 'Token' in requirement))

/** For each way to be refused: a value to send, and the status. */
const REFUSED: Record<string, (owner: User, operation: Operation) => Promise<{ value?: string; status: number }>> = {
  'no token': async () => ({ status: 401 }),
  malformed: async () => ({ value: 'lk_nonsense', status: 401 }),
  unknown: async () => ({ value: newValue('lk'), status: 401 }),
  expired: async (owner) => ({
    value: (await good(owner, { expiresAt: new Date(Date.now() - 1) })).value,
    status: 401,
  }),
  revoked: async (owner) => {
    const { token, value } = await good(owner)
    await Token.revoke(token.id, owner.id, TESTER)
    return { value, status: 401 }
  },
  'disabled user': async (owner) => {
    const { value } = await good(owner)
    await User.change(owner.id, { isActive: false }, TESTER, () => {})
    return { value, status: 401 }
  },
  'missing scope': async (owner, operation) => {
    const [needed] = operation['x-required-scopes'] ?? []
    // What needs no scope can lack none: a token of any scope is a good one there.
    const scope = needed === 'employees:read' ? 'groups:read' : 'employees:read'
    return {
      value: (await good(owner, { scopes: [scope] })).value,
      status: needed ? 403 : goodStatus(operation, 'personal'),
    }
  },
  'wrong network': async (owner) => ({ value: (await good(owner, { networks: ['192.0.2.0/24'] })).value, status: 401 }),
  'over limit': async (owner) => {
    const { value } = await good(owner, { rateLimit: { requests: 1, seconds: 60 } })
    await raw('GET', '/api/', { headers: { authorization: `Token ${value}` } })
    return { value, status: 429 }
  },
}

describe('the matrix', () => {
  it('has a row for each operation, and no other', () => {
    expect(Object.keys(GOOD)).to.have.members(closed.map(({ operationId }) => operationId))
  })

  for (const operation of closed) {
    for (const [way, prepare] of Object.entries(REFUSED))
      it(`${operation.operationId} x ${way}`, async () => {
        const owner = await owned()
        const { value, status } = await prepare(owner, operation)
        const answer = await send(operation, owner, value)
        expect(answer.status, answer.text).to.equal(status)
        if (status === 401) expect(answer.headers['www-authenticate']).to.equal('Token realm="latchkey"')
        if (status === 429) expect(answer.headers['retry-after']).to.match(/^\d+$/)
      })

    it(`${operation.operationId} x good`, async () => {
      const owner = await owned()
      const answer = await send(operation, owner, await accountOf(owner))
      expect(answer.status, answer.text).to.equal(GOOD[operation.operationId])
    })
  }
})

/** A superuser, and one of each thing that an operation may be about. */
async function owned(): Promise<User> {
  await makeUser({ isSuperuser: true })
  await makeUser({ username: 'target' })
  await makeEmployees({ empid: 101 })
  await Group.add({ name: 'target', scopes: [] }, TESTER)
  return makeUser({ isSuperuser: true })
}

function good(owner: User, wish: Parameters<typeof makePersonal>[1] = {}) {
  const scopes = [...new Set(closed.flatMap((operation) => operation['x-required-scopes'] ?? []))]
  return makePersonal(owner, { scopes, ...wish })
}

/** A personal token sets no password, whatever its scopes. */
function goodStatus({ operationId }: Operation, kind: 'personal' | 'account') {
  return operationId === 'setUserPassword' && kind === 'personal' ? 403 : GOOD[operationId]!
}

/** Of the target, which is signed in somewhere. */
async function sessionOf(userId: number | undefined) {
  const row = { kind: 'session', userId: userId ?? 0, digest: digestOf(newValue('lks')), hint: 'lks_…' } as const
  if (!(await User.findByPk(row.userId))) return 0
  const session = await write((transaction) =>
    Token.create({ ...row, expiresAt: new Date(Date.now() + 60_000) }, { transaction }),
  )
  return session.id
}

async function send(operation: Operation, owner: User, value: string | undefined) {
  const ids: Record<string, () => Promise<number>> = {
    users: async () => (await User.findOne({ where: { username: 'target' } }))!.id,
    groups: async () => (await Group.findOne({ where: { name: 'target' } }))!.id,
    tokens: async () => (await makePersonal(owner)).token.id,
    events: async () => 1,
    emp_viewset: async () => 101,
  }
  const resource = operation.path.split('/')[2]!
  const id = operation.path.includes('{') ? await ids[resource]!() : undefined
  const body = JSON.stringify(BODIES[operation.operationId] ?? exampleBody(operation))
  const headers = {
    ...(value && { authorization: `Token ${value}` }),
    ...(body && { 'content-type': 'application/json' }),
  }
  const path = operation.path.replace('{session}', String(await sessionOf(id))).replace(/\{\w+\}/, String(id))
  return raw(operation.method, path, { headers, body })
}
