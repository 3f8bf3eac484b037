import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { removeUser } from '../../src/identity/access/change-user.js'
import { setPassword } from '../../src/identity/access/set-password.js'
import { writeUses } from '../../src/identity/access/usage.js'
import { Group } from '../../src/identity/groups/group.js'
import { Token } from '../../src/identity/tokens/token.js'
import { User } from '../../src/identity/users/user.js'
import { type Database, freshDatabase } from '../databases.js'
import { ServerProcess } from '../process.js'
import { sql } from '../sql.js'
import { statementsDuring } from '../statements.js'
import { makeEmployees, makePersonal, makeUser, superuserClient, TESTER, url } from '../support.js'

type Taking = (user: User) => Promise<unknown>

/** Every act that takes a right away, and what the token gets afterwards. */
const ACTS: [what: string, take: Taking, status: number][] = [
  ['revoke', async ({ id }) => Token.revoke((await Token.findOne({ where: { userId: id } }))!.id, id, TESTER), 401],
  [
    'rotate',
    async ({ id }) =>
      Token.rotate(
        (await Token.findOne({ where: { userId: id } }))!.id,
        { overlap: 0, ownerId: id, maxAge: undefined },
        TESTER,
        () => {},
      ),
    401,
  ],
  ['disable', ({ id }) => User.change(id, { isActive: false }, TESTER, () => {}), 401],
  ['delete', ({ id }) => removeUser(id, TESTER, () => {}), 401],
  [
    'a new password',
    ({ id }) => setPassword(id, { text: 'coffee-4-two', rules: 'enforced' }, { kinds: [] }, TESTER),
    401,
  ],
  ['a group taken away', ({ id }) => User.change(id, { groups: [] }, TESTER, () => {}), 403],
  [
    'a scope taken from the group',
    async () =>
      Group.change((await Group.findOne({ where: { name: 'readers' } }))!.id, { scopes: [] }, TESTER, () => {}),
    403,
  ],
  [
    'the group deleted',
    async () => Group.remove((await Group.findOne({ where: { name: 'readers' } }))!.id, TESTER, () => {}),
    403,
  ],
]

function get(value: string, origin = url) {
  return fetch(`${origin}/api/users?limit=1`, { headers: { Authorization: `Token ${value}` } })
}

async function reader() {
  await Group.add({ name: 'readers', scopes: ['users:read'] }, TESTER)
  const user = await makeUser({ groups: ['readers'] })
  return { user, ...(await makePersonal(user, { scopes: ['users:read'] })) }
}

describe('on one process', () => {
  for (const [what, take, status] of ACTS)
    it(`${what} counts from its answer on`, async () => {
      const { user, value } = await reader()
      expect((await get(value)).status).to.equal(200)
      const hammering = hammer(value)
      await wait(20)
      await take(user)
      const answered = performance.now()
      // On a machine that stands still for a moment, the hammer may not strike again in this time.
      const last = await get(value)
      await wait(40)
      const answers = await hammering.stop()
      const after = answers.filter(({ started }) => started > answered)
      expect([...new Set([last, ...after].map((answer) => answer.status))]).to.deep.equal([status])
    })

  it('200 revocations under load let nothing through after their answers, and other tokens of the user go on', async function () {
    this.timeout(120_000)
    const root = await superuserClient()
    const user = await makeUser()
    const kept = await makePersonal(user)
    let late = 0
    for (let round = 0; round < 200; round++) {
      const { token, value } = await makePersonal(user)
      const read = (sent: string) =>
        fetch(`${url}/api/emp_viewset?limit=1`, { headers: { Authorization: `Token ${sent}` } })
      await read(value)
      let running = true
      const started: { at: number; status: number }[] = []
      const loops = Array.from({ length: 5 }, async () => {
        while (running) {
          const at = performance.now()
          started.push({ at, status: (await read(value)).status })
        }
      })
      await root.delete(`/api/tokens/${token.id}`)
      const answered = performance.now()
      await wait(10)
      running = false
      await Promise.all(loops)
      late += started.filter(({ at, status }) => at > answered && status !== 401).length
      if (round % 20 === 0) expect((await read(kept.value)).status).to.equal(200)
    }
    expect(late).to.equal(0)
  })
})

describe('on two processes', function () {
  this.timeout(60_000)
  let database: Database
  let nodes: ServerProcess[]
  let root: string

  beforeEach(async () => {
    database = await freshDatabase()
    const first = { LATCHKEY_SUPERUSER_USERNAME: 'root', LATCHKEY_SUPERUSER_PASSWORD: 'admin123' }
    nodes = [await ServerProcess.start({ ...database.env, ...first }), await ServerProcess.start(database.env)]
    const answer = await nodes[0]!.fetch('/gettoken/', { json: { username: 'root', password: 'admin123' } })
    root = ((await answer.json()) as { token: string }).token
  })

  afterEach(async () => {
    for (const node of nodes) await node.stop('SIGKILL')
    await database.remove()
  })

  const make = async (token = root) => {
    const answer = await nodes[0]!.fetch('/api/tokens', { token, json: { name: 'x', scopes: ['employees:read'] } })
    return (await answer.json()) as { id: number; token: string }
  }
  const read = async (node: ServerProcess, token: string) => (await node.fetch('/api/emp_viewset', { token })).status

  it('a revocation by one is kept by the other within a second', async () => {
    const delays: number[] = []
    for (let round = 0; round < 15; round++) {
      const { id, token } = await make()
      expect(await read(nodes[1]!, token)).to.equal(200)
      expect((await nodes[0]!.fetch(`/api/tokens/${id}`, { token: root, method: 'DELETE' })).status).to.equal(204)
      const answered = performance.now()
      let last = answered
      for (let started = answered; ; started = performance.now()) {
        if ((await read(nodes[1]!, token)) === 401) break
        last = started
      }
      delays.push(last - answered)
    }
    console.log(`      worst of 15: ${Math.max(...delays).toFixed(0)} ms`)
    expect(Math.max(...delays)).to.be.at.most(1000)
  })

  it('whose reads of the epoch fail, a revocation is kept within a second all the same', async () => {
    const { id, token } = await make()
    await read(nodes[1]!, token)
    await wait(500)
    await read(nodes[1]!, token)
    await sql(database.env.DATABASE_URL!, 'ALTER TABLE epoch RENAME TO epoch_gone')
    await sql(database.env.DATABASE_URL!, `UPDATE tokens SET revoked_at = created_at WHERE id = ${id}`)
    const revoked = performance.now()
    let late = 0
    for (let started = revoked; started < revoked + 2500; started = performance.now())
      if ((await read(nodes[1]!, token)) === 200 && started > revoked + 1000) late++
    expect(late).to.equal(0)
    expect(await read(nodes[1]!, root)).to.equal(200)
  })
})

describe('ten thousand reads', () => {
  it('cause at most 5 writes and, once the token is known, no query for it', async function () {
    this.timeout(120_000)
    await makeEmployees({ empid: 1 })
    const { value } = await makePersonal(await makeUser())
    const read = () => fetch(`${url}/api/emp_viewset/1`, { headers: { Authorization: `Token ${value}` } })
    await writeUses()
    await wait(600)
    await read()
    const statements = await statementsDuring(async () => {
      for (let batch = 0; batch < 400; batch++) {
        const answers = await Promise.all(Array.from({ length: 25 }, read))
        for (const answer of answers) {
          if (answer.status !== 200) throw new Error(String(answer.status))
          await answer.arrayBuffer()
        }
      }
    })
    const writes = statements.filter((statement) => /^(START|BEGIN)/.test(statement)).length
    const lookups = statements.filter((statement) => /FROM .?tokens.? AS/.test(statement)).length
    console.log(`      ${writes} transactions, ${lookups} look-ups of the token`)
    expect(writes).to.be.at.most(5)
    expect(lookups).to.be.at.most(5)
    await writeUses()
    expect(Number((await Token.findOne({ where: { kind: 'personal' } }))!.useCount)).to.equal(10_001)
  })
})

function hammer(value: string) {
  let running = true
  const answers: { started: number; status: number }[] = []
  const loops = Array.from({ length: 10 }, async () => {
    while (running) {
      const started = performance.now()
      answers.push({ started, status: (await get(value)).status })
    }
  })
  return {
    stop: async () => {
      running = false
      await Promise.all(loops)
      return answers
    },
  }
}
