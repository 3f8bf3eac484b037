import { expect } from 'chai'
import { Op } from 'sequelize'
import { removeScope, stopSweep, sweepRemovedScopes } from '../src/identity/access/remove-scope.js'
import { Group } from '../src/identity/groups/group.js'
import { OwnScope } from '../src/identity/scopes/own-scope.js'
import { Token } from '../src/identity/tokens/token.js'
import { settings } from '../src/platform/config.js'
import { startBackground, stopBackground } from '../src/process/background.js'
import {
  accountOf,
  checkStatus,
  clientOf,
  clientWithValue,
  makeMany,
  makePersonal,
  makeUser,
  superuserClient,
  TESTER,
} from './support.js'

const REPORTS = { name: 'reports:read', description: 'See the reports' }

describe('deleteScope', () => {
  it('takes the name, as a whole word, from groups and tokens; a token without scopes opens nothing', async () => {
    const root = await superuserClient()
    const others = ['my-reports:read', 'reports:read-all', 'reports:write']
    for (const name of ['reports:read', ...others]) await root.post('/api/scopes').send({ name })
    const { body: group } = await root.post('/api/groups').send({ name: 'all', scopes: ['reports:read', ...others] })
    const owner = await makeUser({ groups: ['all'] })
    const many = await makePersonal(owner, { scopes: ['reports:read', ...others] })
    const one = await makePersonal(owner, { scopes: ['reports:read'] })
    const account = await accountOf(owner)
    expect(await checkStatus(one.value)).to.equal(200)

    expect((await root.delete('/api/scopes/reports:read')).status).to.equal(204)
    const after = [await checkStatus(one.value), await checkStatus(many.value), await checkStatus(account)]
    expect(after).to.deep.equal([403, 403, 403])
    expect(await checkStatus(many.value, 'reports:write')).to.equal(200)
    expect((await root.get(`/api/groups/${group.id}`)).body.scopes).to.deep.equal(others)
    expect((await root.get(`/api/tokens/${many.token.id}`)).body.scopes).to.deep.equal(others)
    expect((await root.get(`/api/tokens/${one.token.id}`)).body.scopes).to.deep.equal([])
    for (const path of ['/api/emp_viewset', '/api/tokens'])
      expect((await clientWithValue(one.value).get(path)).status).to.equal(403)
    const rotated = await root.post(`/api/tokens/${one.token.id}/rotate`).send({ overlap_seconds: 0 })
    expect(rotated.status).to.equal(200)

    await root.post('/api/scopes').send(REPORTS)
    await root.patch(`/api/groups/${group.id}`).send({ scopes: ['reports:read'] })
    const later = [await checkStatus(rotated.body.token), await checkStatus(many.value), await checkStatus(account)]
    expect(later, 'a later scope revives no token').to.deep.equal([403, 403, 200])
  })

  it('takes it from superusers too', async () => {
    const root = await makeUser({ isSuperuser: true })
    const client = await clientOf(root)
    await client.post('/api/scopes').send(REPORTS)
    expect(await checkStatus(await accountOf(root))).to.equal(200)
    await client.delete('/api/scopes/reports:read')
    expect(await checkStatus(await accountOf(root))).to.equal(403)
  })

  it('several at once, as the admin site does', async () => {
    const root = await superuserClient()
    for (let number = 0; number < 6; number++) await root.post('/api/scopes').send({ name: `s${number}:read` })
    await root.get('/api/scopes')
    const all = Array.from({ length: 6 }, (_, number) => root.delete(`/api/scopes/s${number}:read`))
    expect((await Promise.all(all)).map(({ status }) => status)).to.deep.equal(Array(6).fill(204))
  })

  it('leaves it with no token or group that gets it at the same moment', async function () {
    this.timeout(60_000)
    const root = await superuserClient()
    const owner = await makeUser({ isSuperuser: true })
    for (let round = 0; round < 10; round++) {
      const name = `round${round}:read`
      await OwnScope.add({ name, description: '' }, TESTER)
      const grants = Array.from({ length: 4 }, (_, index) => [
        root.post('/api/tokens').send({ user: owner.id, name: 'x', scopes: [name, 'users:read'] }),
        root.post('/api/groups').send({ name: `${name} ${index}`, scopes: [name] }),
      ]).flat()
      const [{ status }, ...granted] = await Promise.all([root.delete(`/api/scopes/${name}`), ...grants])
      expect(status).to.equal(204)
      for (const answer of granted) expect(answer.status, answer.text).to.be.oneOf([201, 400])
      const where = { scopes: { [Op.substring]: name } }
      expect([await Token.count({ where }), await Group.count({ where })]).to.deep.equal([0, 0])
    }
  })
})

describe('a scope that more tokens have than one write reaches', () => {
  const COUNT = 12_000

  // It sweeps by itself every few seconds.
  before(stopBackground)
  after(() => startBackground(settings()))

  async function manyTokens() {
    const owner = await makeUser({ isSuperuser: true })
    await OwnScope.add(REPORTS, TESTER)
    const { value } = await makePersonal(owner, { scopes: ['reports:read', 'users:read'] })
    await makeMany('tokens', COUNT, {
      kind: "'personal'",
      user_id: String(owner.id),
      name: "''",
      scopes: "'employees:read reports:read'",
      digest: `'${'0'.repeat(52)}' || (100000000000 + n)`,
      hint: "'lk_'",
      created_at: 'CURRENT_TIMESTAMP',
      use_count: '0',
      old_use_count: '0',
    })
    return { owner, value }
  }

  const holders = () => Token.count({ where: { scopes: { [Op.substring]: 'reports:read' } } })

  it('is worthless at once, and its name is not given again before the last one has lost it', async function () {
    this.timeout(60_000)
    const { owner, value } = await manyTokens()
    const client = await clientOf(owner)
    expect(await checkStatus(value)).to.equal(200)
    expect((await client.delete('/api/scopes/reports:read')).status).to.equal(204)
    expect(await checkStatus(value)).to.equal(403)
    expect(await checkStatus(await accountOf(owner))).to.equal(403)
    expect(await holders()).to.be.greaterThan(0)
    const again = await client.post('/api/scopes').send(REPORTS)
    expect(again.status).to.equal(409)
    expect(again.body.detail).to.match(/still being taken from tokens/)
    expect((await client.get('/api/scopes/reports:read')).status).to.equal(404)
    expect((await client.post('/api/groups').send({ name: 'x', scopes: ['reports:read'] })).status).to.equal(400)

    await sweepRemovedScopes()
    expect(await holders()).to.equal(0)
    expect((await client.post('/api/scopes').send(REPORTS)).status).to.equal(201)
    expect([await checkStatus(value), await checkStatus(await accountOf(owner))]).to.deep.equal([403, 200])
  })

  it('is taken from the rest after a stop in between', async function () {
    this.timeout(60_000)
    await manyTokens()
    await removeScope('reports:read', TESTER, () => {})
    const first = sweepRemovedScopes()
    await stopSweep()
    await first
    expect(await holders()).to.be.greaterThan(0)
    await sweepRemovedScopes()
    expect(await holders()).to.equal(0)
    expect(await OwnScope.count()).to.equal(0)
  })
})
