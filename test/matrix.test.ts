import { expect } from 'chai'
import { changeUser } from '../src/identity/access/change-user.js'
import { Group } from '../src/identity/groups/group.js'
import { OwnScope } from '../src/identity/scopes/own-scope.js'
import { Token } from '../src/identity/tokens/token.js'
import { digestOf, newValue } from '../src/identity/tokens/value.js'
import { type Profile, User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { exampleBody, type Operation, operations } from './document.js'
import { bodyWithRows, exampleRow } from './example-rows.js'
import {
  accountOf,
  cookieFor,
  EVERYONE_SCOPES,
  makeEmployees,
  makePersonal,
  makeUser,
  type RawAnswer,
  raw,
  reset,
  TESTER,
} from './support.js'

/**
 * What each closed operation answers to a good token, with the body of its examples. A new operation without its row
 * fails: somebody has to think about who may call it.
 */
const GOOD: Record<string, number> = {
  ...ofAdded(),
  listUsers: 200,
  createUser: 201,
  bulkCreateUsers: 201,
  getUser: 200,
  replaceUser: 200,
  updateUser: 200,
  deleteUser: 204,
  setUserPassword: 204,
  createPasswordLink: 201,
  listUserSessions: 200,
  deleteUserSession: 204,
  listUserScopes: 200,
  listSessions: 200,
  deleteSessions: 204,
  deleteSession: 204,
  listGroups: 200,
  createGroup: 201,
  getGroup: 200,
  replaceGroup: 200,
  updateGroup: 200,
  deleteGroup: 204,
  listScopes: 200,
  createScope: 201,
  getScope: 200,
  updateScope: 200,
  deleteScope: 204,
  checkToken: 200,
  listTokens: 200,
  getCurrentToken: 200,
  getToken: 200,
  createToken: 201,
  updateToken: 200,
  rotateToken: 200,
  deleteToken: 204,
  listEvents: 200,
  listChanges: 200,
  verifyEvents: 200,
  getEvent: 200,
  getApiRoot: 200,
  getMetrics: 200,
  introspectToken: 200,
  lookupToken: 200,
  listEmployees: 200,
  getEmployee: 200,
  createEmployee: 201,
  bulkCreateEmployees: 201,
  replaceEmployee: 200,
  updateEmployee: 200,
  deleteEmployee: 204,
}

/** Bodies other than those of the examples: what the examples make is there already. */
const BODIES: Record<string, object> = {
  createEmployee: { empid: 102, empname: 'x', salary: 1 },
  bulkCreateEmployees: [{ empid: 102, empname: 'x', salary: 1 }],
  bulkCreateUsers: [{ username: 'x' }],
  createToken: { name: 'x', scopes: ['employees:read'] },
}

/** For the cookie alone. */
const OF_COOKIE: Record<string, number> = { getCurrentSession: 200, deleteCurrentSession: 204 }

const closed = operations.filter(({ security }) => security.some((requirement) => 'Token' in requirement))

interface Told {
  status: number
  detail?: string
  challenge?: string
  caching?: string
  missing?: string[]
  retryAfter?: boolean
}

/** For each way to be refused: a value to send, and what the answer tells. */
const REFUSED: Record<string, (owner: User, operation: Operation) => Promise<{ value?: string; told: Told }>> = {
  'no token': async () => ({ told: unauthenticated('Authentication credentials were not provided.') }),
  'a malformed one': async () => ({ value: 'lk_nonsense', told: INVALID }),
  'an unknown one': async () => ({ value: newValue('lk'), told: INVALID }),
  'an expired one': async (owner) => ({
    value: (await good(owner, { expiresAt: new Date(Date.now() - 1) })).value,
    told: INVALID,
  }),
  'a revoked one': async (owner) => {
    const { token, value } = await good(owner)
    await Token.revoke(token.id, owner.id, TESTER)
    return { value, told: INVALID }
  },
  'that of a disabled user': async (owner) => {
    const { value } = await good(owner)
    await User.change(owner.id, { isActive: false }, TESTER, () => {})
    return { value, told: unauthenticated('User inactive or deleted.') }
  },
  'one without the scope': async (owner, operation) => {
    const needed = neededBy(operation)
    // What needs no scope can lack none: a token of any scope is a good one there.
    const scope = needed === 'employees:read' ? 'groups:read' : 'employees:read'
    const { value } = await good(owner, { scopes: [scope] })
    if (OWN_WITHOUT.includes(operation.operationId)) return { value, told: { status: 404 } }
    return { value, told: needed ? { status: 403, missing: [needed] } : byPersonal(operation) }
  },
  'one of another network': async (owner) => ({
    value: (await good(owner, { networks: ['192.0.2.0/24'] })).value,
    told: INVALID,
  }),
  'one over its limit': async (owner) => {
    const { value } = await good(owner, { rateLimit: { requests: 1, seconds: 60 } })
    await raw('GET', '/api/', { headers: { authorization: `Token ${value}` } })
    return { value, told: { status: 429, retryAfter: true } }
  },
}

/** Whose session is sent, and what the response tells. */
const SESSIONS: Record<string, { cookie: () => Promise<Sent>; told: (operation: Operation) => Told }> = {
  'a plain user': { cookie: async () => sessionFor(await makeUser()), told: toPlain },
  // What is shown to the staff is the sites' affair: the API allows nothing for it.
  'a member of the staff': { cookie: async () => sessionFor(await makeUser({ isStaff: true })), told: toPlain },
  'a superuser': { cookie: async () => sessionFor(await makeUser({ isSuperuser: true })), told: toSuperuser },
  'a superuser who was demoted': {
    cookie: async () => demoted({ isSuperuser: true }, { isSuperuser: false }),
    told: toNobody,
  },
  'a member of the staff who was demoted': {
    cookie: async () => demoted({ isStaff: true }, { isStaff: false }),
    told: toNobody,
  },
}

interface Sent {
  owner: User
  headers: Record<string, string>
}

const CHECKED = 'employees:read'

const INVALID = unauthenticated('Invalid token.')

describe('the matrix', () => {
  it('has a row for each operation, and no other', () => {
    expect(Object.keys(GOOD)).to.have.members(closed.map(({ operationId }) => operationId))
  })

  for (const operation of closed) {
    it(`closes ${operation.operationId} to ${Object.keys(REFUSED).join(', ')}`, async () => {
      await makeTargets()
      const [wanted, found]: Record<string, Told>[] = [{}, {}]
      for (const [way, prepare] of Object.entries(REFUSED)) {
        const owner = await makeUser({ isSuperuser: true })
        const { value, told } = await prepare(owner, operation)
        wanted![way] = told
        found![way] = toldBy(await send(operation, owner, value ? { authorization: `Token ${value}` } : {}))
      }
      expect(found).to.deep.equal(wanted)
    })

    it(`opens ${operation.operationId} to a good one`, async () => {
      await makeTargets()
      const owner = await makeUser({ isSuperuser: true })
      const answer = await send(operation, owner, { authorization: `Token ${await accountOf(owner)}` })
      expect(answer.status, answer.text).to.equal(GOOD[operation.operationId])
    })
  }

  for (const operation of operations.filter(({ security }) => security.length > 0))
    it(`tells the session of ${Object.keys(SESSIONS).join(', ')} apart at ${operation.operationId}`, async () => {
      const [wanted, found]: Record<string, Told>[] = [{}, {}]
      for (const [who, { cookie, told }] of Object.entries(SESSIONS)) {
        // What the one before has made or deleted.
        await reset()
        await makeTargets()
        const { owner, headers } = await cookie()
        wanted![who] = told(operation)
        found![who] = toldBy(await send(operation, owner, headers))
      }
      expect(found).to.deep.equal(wanted)
    })
})

async function sessionFor(owner: User): Promise<Sent> {
  return { owner, headers: { cookie: await cookieFor(owner), 'sec-fetch-site': 'same-origin' } }
}

async function demoted(before: Partial<Profile>, after: Partial<Profile>): Promise<Sent> {
  const sent = await sessionFor(await makeUser(before))
  await changeUser(sent.owner.id, after, TESTER, () => {})
  return sent
}

/** Other services ask there, by a credential of their own. */
function isForServices({ tags }: Operation): boolean {
  return tags.includes('checks')
}

function toNobody(operation: Operation): Told {
  return isForServices(operation) ? unauthenticated('Authentication credentials were not provided.') : INVALID
}

function toSuperuser(operation: Operation): Told {
  if (isForServices(operation)) return toNobody(operation)
  return { status: { ...GOOD, ...OF_COOKIE }[operation.operationId]! }
}

function toPlain(operation: Operation): Told {
  const needed = operation['x-required-scopes']?.[0]
  if (!isForServices(operation) && needed && !EVERYONE_SCOPES.split(' ').includes(needed))
    return { status: 403, missing: [needed] }
  // It is somebody else's.
  if (operation.operationId === 'setUserPassword') return { status: 403 }
  if (OWN_WITHOUT.includes(operation.operationId)) return { status: 404 }
  return toSuperuser(operation)
}

function unauthenticated(detail: string): Told {
  return { status: 401, detail, challenge: 'Token realm="latchkey"', caching: 'no-store' }
}

function toldBy({ status, headers, text }: RawAnswer): Told {
  if (status === 401)
    return {
      status,
      detail: JSON.parse(text).detail,
      challenge: headers['www-authenticate'],
      caching: headers['cache-control'],
    }
  const { missing_scopes: missing } = status === 403 ? JSON.parse(text) : {}
  const retryAfter = status === 429 && /^\d+$/.test(headers['retry-after'] ?? '')
  return { status, ...(missing && { missing }), ...(retryAfter && { retryAfter }) }
}

/** One of each thing that an operation may be about. */
async function makeTargets() {
  await makeUser({ isSuperuser: true })
  await makeUser({ username: 'target' })
  await makeEmployees({ empid: 101 })
  await Group.add({ name: 'target', scopes: [] }, TESTER)
  await OwnScope.add({ name: 'targets:read', description: '' }, TESTER)
}

function good(owner: User, wish: Parameters<typeof makePersonal>[1] = {}) {
  const scopes = [...new Set(closed.flatMap((operation) => operation['x-required-scopes'] ?? []))]
  return makePersonal(owner, { scopes, ...wish })
}

/** Only the path of a check says what it needs. */
function neededBy(operation: Operation): string | undefined {
  return operation.operationId === 'checkToken' ? CHECKED : operation['x-required-scopes']?.[0]
}

/** What a personal token never does, whatever its scopes. */
const NOT_BY_PERSONAL = ['setUserPassword', 'createPasswordLink', 'listSessions', 'deleteSession', 'deleteSessions']

/** What is one's own without a scope; of anybody else nothing is found. */
const OWN_WITHOUT = ['listUserScopes']

function byPersonal({ operationId }: Operation): Told {
  return { status: NOT_BY_PERSONAL.includes(operationId) ? 403 : GOOD[operationId]! }
}

/** Of the target or oneself, who is signed in somewhere. */
async function sessionOf(userId: number | string | undefined) {
  const row = {
    kind: 'session',
    userId: Number(userId) || 0,
    digest: digestOf(newValue('lks')),
    hint: 'lks_…',
  } as const
  if (!(await User.findByPk(row.userId))) return 0
  const session = await write((transaction) =>
    Token.create({ ...row, expiresAt: new Date(Date.now() + 60_000) }, { transaction }),
  )
  return session.id
}

async function send(operation: Operation, owner: User, credential: Record<string, string>) {
  const ids: Record<string, () => Promise<number | string>> = {
    users: async () => (await User.findOne({ where: { username: 'target' } }))!.id,
    groups: async () => (await Group.findOne({ where: { name: 'target' } }))!.id,
    tokens: async () => (await makePersonal(owner)).token.id,
    sessions: () => sessionOf(owner.id),
    events: async () => 1,
    scopes: async () => 'targets:read',
    checks: async () => CHECKED,
    emp_viewset: async () => 101,
  }
  const resource = operation.path.split('/')[2]!
  const added = isAdded(operation) ? operation.tags[0]! : undefined
  const id = operation.path.includes('{') ? await (added ? exampleRow(added) : ids[resource]!()) : undefined
  // The example is the value of no token.
  const lookedUp = operation.operationId === 'lookupToken' && { token: await accountOf(owner) }
  const written = lookedUp || (BODIES[operation.operationId] ?? exampleBody(operation))
  const content = added ? await bodyWithRows(operation, id) : written
  const body = JSON.stringify(content)
  const headers = {
    ...credential,
    ...(body && { 'content-type': 'application/json' }),
  }
  const path = operation.path
    .replace('{session}', String(await sessionOf(typeof id === 'number' ? id : undefined)))
    .replace(/\{\w+\}/, encodeURIComponent(String(id)))
  return raw(operation.method, path, { headers, body })
}

/** Of a resource that was added to the project, by the first word of its operations: whoever has its scope may call them. */
function ofAdded(): Record<string, number> {
  const statuses: Record<string, number> = { create: 201, bulk: 201, delete: 204 }
  const added = operations.filter(isAdded)
  return Object.fromEntries(
    added.map(({ operationId }) => [operationId, statuses[/^[a-z]+/.exec(operationId)![0]] ?? 200]),
  )
}

function isAdded({ path, tags }: Operation): boolean {
  const collection = `/api/${tags[0]}`
  if (tags[0] === 'users') return false
  return path.startsWith(collection) && operations.some((operation) => operation.path === `${collection}/bulk`)
}
