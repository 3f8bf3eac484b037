import { expect } from 'chai'
import { Group } from '../../src/identity/groups/group.js'
import { Token } from '../../src/identity/tokens/token.js'
import { User } from '../../src/identity/users/user.js'
import { isSqlite, sequelize } from '../../src/platform/database/connection.js'
import { accountOf, cookieFor, makePersonal, makeUser, PASSWORD, type RawAnswer, raw, TESTER } from '../support.js'

const SECONDS = 15

/** Requests at the same time. */
const TOGETHER = 12

const MANAGING = ['tokens:read', 'tokens:write']

const SELECT_DEADLOCKS = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'

describe('superusers and users who change each other all the time', function () {
  this.timeout(60_000)

  it('wait for each other in one order: none of them fails, and the trail and the history are whole', async () => {
    const world = await makeWorld()
    const jobs = jobsIn(world)
    const before = await deadlocks()
    const statuses: Record<string, number> = {}
    const failures: string[] = []
    const end = Date.now() + SECONDS * 1000
    const work = async () => {
      while (Date.now() < end) {
        const [name, job] = anyOf(Object.entries(jobs))
        const { status, text } = await job()
        statuses[status] = (statuses[status] ?? 0) + 1
        if (status >= 500) failures.push(`${name}: ${text}`)
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, work))
    console.log(`  ${JSON.stringify(statuses)}`)
    expect(failures).to.deep.equal([])
    expect((await deadlocks()) - before).to.equal(0)
    const found = JSON.parse((await as(world.roots[0]!.value, 'GET', '/api/events/verification')).text)
    expect([found.broken, found.problems, found.history.problems]).to.deep.equal([null, [], []])
  })
})

interface World {
  roots: { id: number; value: string }[]
  users: User[]
  accounts: string[]
  tokens: Awaited<ReturnType<typeof makePersonal>>[]
  group: number
}

async function makeWorld(): Promise<World> {
  const group = await Group.add({ name: 'helpdesk', scopes: [...MANAGING, 'tokens:admin', 'users:read'] }, TESTER)
  const users = [await makeUser({ groups: ['helpdesk'] }), await makeUser(), await makeUser({ isStaff: true })]
  const roots = [await makeUser({ isSuperuser: true }), await makeUser({ isSuperuser: true })]
  return {
    roots: await Promise.all(roots.map(async (root) => ({ id: root.id, value: await accountOf(root) }))),
    users,
    accounts: await Promise.all(users.map(accountOf)),
    tokens: await Promise.all(users.map((user) => makePersonal(user, { scopes: MANAGING }))),
    group: group.id,
  }
}

function jobsIn({ roots, users, accounts, tokens, group }: World): Record<string, () => Promise<RawAnswer>> {
  let made = 0
  const root = () => anyOf(roots).value
  const user = () => `/api/users/${anyOf(users).id}`
  const token = () => `/api/tokens/${anyOf(tokens).token.id}`
  const personal = { name: 'x', scopes: ['employees:read'] }
  return {
    staff: () => as(root(), 'PATCH', user(), { is_staff: Math.random() < 0.5 }),
    active: () => as(root(), 'PATCH', user(), { is_active: Math.random() < 0.8 }),
    groups: () => as(root(), 'PATCH', user(), { groups: anyOf([['helpdesk'], []]) }),
    group: () =>
      as(root(), 'PATCH', `/api/groups/${group}`, { scopes: anyOf([MANAGING, ['tokens:admin', ...MANAGING]]) }),
    'link of a user': () => as(root(), 'POST', `${user()}/password-link`),
    'link of one another': () => as(roots[0]!.value, 'POST', `/api/users/${roots[1]!.id}/password-link`),
    'and the other way round': () => as(roots[1]!.value, 'POST', `/api/users/${roots[0]!.id}/password-link`),
    password: () =>
      Math.random() < 0.1 ? as(root(), 'PUT', `${user()}/password`, { password: PASSWORD }) : as(root(), 'GET', user()),
    'token for another': () => as(root(), 'POST', '/api/tokens', { ...personal, user: anyOf([...users, ...roots]).id }),
    'token for oneself': () => as(anyOf(accounts), 'POST', '/api/tokens', personal),
    'token changed by a superuser': () => as(root(), 'PATCH', token(), { name: `n${made++}` }),
    'token changed by its user': () => as(anyOf(accounts), 'PATCH', token(), { name: `n${made++}` }),
    'token changed by itself': () =>
      as(tokens[0]!.value, 'PATCH', `/api/tokens/${tokens[0]!.token.id}`, { name: `n${made++}` }),
    rotated: () => as(anyOf(accounts), 'POST', `${token()}/rotate`, { overlap_seconds: 60 }),
    revoked: async () => as(anyOf(accounts), 'DELETE', `/api/tokens/${(await Token.max('id')) as number}`),
    sessions: () => as(anyOf(accounts), 'DELETE', '/api/sessions'),
    'sessions by cookie': async () => {
      const cookie = await cookieFor(anyOf(users))
      return raw('DELETE', '/api/sessions', { headers: { cookie, 'sec-fetch-site': 'same-origin' } })
    },
    'many users': () => as(root(), 'POST', '/api/users/bulk', [{ username: `m${made++}`, groups: ['helpdesk'] }]),
    'a user less': async () => {
      const last = (await User.max('id')) as number
      return as(root(), 'DELETE', `/api/users/${last > roots[1]!.id ? last : 0}`)
    },
  }
}

function as(value: string, method: string, path: string, body?: object): Promise<RawAnswer> {
  const headers = { authorization: `Token ${value}`, ...(body && { 'content-type': 'application/json' }) }
  return raw(method, path, { headers, body: body && JSON.stringify(body) })
}

/** That PostgreSQL has ended; a connection tells of its own within a second. */
async function deadlocks(): Promise<number> {
  if (isSqlite) return 0
  const [rows] = await sequelize.query(SELECT_DEADLOCKS)
  return Number((rows as [{ deadlocks: string }])[0].deadlocks)
}

function anyOf<Item>(items: Item[]): Item {
  return items[Math.floor(Math.random() * items.length)]!
}
