import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { createPasswordLink } from '../src/identity/access/password-link.js'
import { setPassword } from '../src/identity/access/set-password.js'
import { OneTimeLink } from '../src/identity/sign-in/one-time-link.js'
import type { User } from '../src/identity/users/user.js'
import { sequelize } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { oneAfterTheOther } from './meanwhile.js'
import {
  anonymous,
  clientFor,
  clientOf,
  clientWithValue,
  cookieFor,
  makePersonal,
  makeUser,
  PASSWORD,
  raw,
  superuserClient,
  TESTER,
} from './support.js'

const ORIGIN = 'http://localhost:8000'
const NEW = 'tea-for-2-at-4'
const REFUSED = { secret: ['This link is wrong, used or too old. The person who gave it to you can make a new one.'] }

let ravi: User

async function makeRavi() {
  ravi = await makeUser({ username: 'ravi' })
}

describe('createPasswordLink', () => {
  beforeEach(makeRavi)

  it('gives a link once, stores only its digest, and makes an event without it', async () => {
    const root = await superuserClient()
    const { status, body, headers, text } = await root.post(`/api/users/${ravi.id}/password-link/`)
    expect(status, text).to.equal(201)
    expect(body.link).to.match(/^http:\/\/localhost(:\d+)?\/account\/#password=[\w-]{43}$/)
    expect(headers['cache-control']).to.equal('no-store')
    const hours = (new Date(body.expires_at).getTime() - Date.now()) / 3_600_000
    expect(hours).to.be.within(23.9, 24)
    const [rows] = await sequelize.query('SELECT * FROM one_time_links')
    const events = await Event.findAll({ where: { object: `user:${ravi.id}` } })
    expect(events.map(({ actor, action }) => [actor, action])).to.deep.equal([['root', 'password_link.created']])
    expect(JSON.stringify([rows, events])).not.to.contain(secretOf(body.link))
  })

  it('is taken from a session of a superuser too, and replaces the link before', async () => {
    const cookie = await cookieFor(await makeUser({ isSuperuser: true }))
    const make = async () => {
      const headers = { cookie, 'sec-fetch-site': 'same-origin' }
      const answer = await raw('POST', `/api/users/${ravi.id}/password-link`, { headers })
      expect(answer.status, answer.text).to.equal(201)
      return JSON.parse(answer.text).link
    }
    const [first, second] = [await make(), await make()]
    expect((await redeem(first)).body.errors).to.deep.equal(REFUSED)
    expect((await redeem(second)).status).to.equal(200)
  })

  it('is for superusers alone, and not by a personal token of one', async () => {
    const path = `/api/users/${ravi.id}/password-link`
    const staff = await makeUser({ isStaff: true })
    expect((await (await clientFor(staff, ['users:write'])).post(path)).status).to.equal(403)
    expect((await (await clientOf(await makeUser())).post(path)).status).to.equal(403)
    const { value } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: ['users:write'] })
    expect((await clientWithValue(value).post(path)).status).to.equal(403)
    expect(await OneTimeLink.count()).to.equal(0)
  })

  it("does not get around the user's own current password", async () => {
    const root = await makeUser({ isSuperuser: true })
    const { status, body } = await (await clientOf(root)).post(`/api/users/${root.id}/password-link`)
    expect([status, body.detail]).to.deep.equal([403, 'To change your own password, send the current one.'])
  })

  it('answers 404 to nobody, 409 to who is disabled', async () => {
    const root = await superuserClient()
    expect((await root.post('/api/users/999999/password-link')).status).to.equal(404)
    const { id } = await makeUser({ isActive: false })
    expect((await root.post(`/api/users/${id}/password-link`)).status).to.equal(409)
    expect(await OneTimeLink.count()).to.equal(0)
  })
})

describe('setPasswordByLink', () => {
  beforeEach(makeRavi)

  it('lets in who was made without a password', async () => {
    const root = await superuserClient()
    const { body: user } = await root.post('/api/users').send({ username: 'sita' }).expect(201)
    const { body } = await root.post(`/api/users/${user.id}/password-link`).expect(201)
    const answer = await redeem(body.link)
    expect([answer.status, answer.body]).to.deep.equal([200, { username: 'sita' }])
    expect(answer.headers['cache-control']).to.equal('no-store')
    await anonymous().post('/gettoken/').send({ username: 'sita', password: NEW }).expect(200)
  })

  it('works once, and ends all that the password before may have given away', async () => {
    const client = await clientOf(ravi)
    const { value } = await makePersonal(ravi)
    const cookie = await cookieFor(ravi)
    const link = await made()
    await redeem(link, NEW, 200)
    for (const other of [client, clientWithValue(value)]) expect((await other.get('/api/')).status).to.equal(401)
    expect((await raw('GET', '/api/', { headers: { cookie } })).status).to.equal(401)
    expect((await redeem(link)).body.errors).to.deep.equal(REFUSED)
    await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD }).expect(400)
  })

  it('tells the trail who did what', async () => {
    const link = await made()
    const { status } = await redeem(link)
    expect(status).to.equal(200)
    const events = await Event.findAll({ where: { object: `user:${ravi.id}` }, order: ['id'] })
    expect(events.map(({ action, actorKind, actorId, actor }) => [action, actorKind, actorId, actor])).to.deep.equal([
      ['password_link.created', 'command', null, 'test'],
      ['password_link.used', 'holder', ravi.id, 'ravi'],
      ['password.set', 'holder', ravi.id, 'ravi'],
    ])
  })

  it('holds the password to the rules, and the link works on', async () => {
    const link = await made()
    for (const password of ['password1', 'short'])
      expect(Object.keys((await redeem(link, password)).body.errors)).to.deep.equal(['password'])
    await redeem(link, NEW, 200)
  })

  it('takes no secret that is wrong, too old, or of the first start', async () => {
    const link = await made()
    for (const wrong of [`${link}x`, `${ORIGIN}/account/#password=wrong`, `${ORIGIN}/account/#password=`])
      expect((await redeem(wrong)).body.errors).to.deep.equal(REFUSED)
    await write((transaction) => OneTimeLink.update({ expiresAt: new Date() }, { where: {}, transaction }))
    expect((await redeem(link)).body.errors).to.deep.equal(REFUSED)
    const setup = await write((transaction) =>
      OneTimeLink.issue({ purpose: 'setup', userId: null }, 60_000, transaction),
    )
    expect((await redeem(`${ORIGIN}/account/#password=${setup.secret}`)).body.errors).to.deep.equal(REFUSED)
    const body = { secret: secretOf(await made()), username: 'other', password: NEW }
    expect((await anonymous().post('/api/setup').send(body)).status).to.equal(400)
  })

  const ends: Record<string, (root: Awaited<ReturnType<typeof superuserClient>>) => Promise<unknown>> = {
    'the user is disabled, and enabled again': async (root) => {
      await root.patch(`/api/users/${ravi.id}`).send({ is_active: false }).expect(200)
      await root.patch(`/api/users/${ravi.id}`).send({ is_active: true }).expect(200)
    },
    'the user becomes a superuser': (root) =>
      root.patch(`/api/users/${ravi.id}`).send({ is_superuser: true }).expect(200).then(),
    'the user becomes a member of the staff': (root) =>
      root.patch(`/api/users/${ravi.id}`).send({ is_staff: true }).expect(200).then(),
    'somebody sets the password': (root) =>
      root.put(`/api/users/${ravi.id}/password`).send({ password: NEW }).expect(204).then(),
    'the user sets the password': async () => {
      const body = { password: NEW, current_password: PASSWORD }
      await (await clientOf(ravi)).put(`/api/users/${ravi.id}/password`).send(body).expect(204)
    },
    'the user is deleted, and somebody gets the name': async (root) => {
      await root.delete(`/api/users/${ravi.id}`).expect(204)
      await root.post('/api/users').send({ username: 'ravi' }).expect(201)
    },
  }
  for (const [what, end] of Object.entries(ends))
    it(`is worth nothing when ${what}`, async () => {
      const root = await superuserClient()
      const link = await made()
      await end(root)
      expect((await redeem(link, 'coffee-4-two')).body.errors).to.deep.equal(REFUSED)
    })

  it('goes on when something else of the user is changed', async () => {
    const link = await made()
    await (await superuserClient()).patch(`/api/users/${ravi.id}`).send({ email: 'a@b', username: 'raj' }).expect(200)
    expect((await redeem(link)).body).to.deep.equal({ username: 'raj' })
  })

  it('lets one of five through who come at the same moment', async () => {
    const link = await made()
    const passwords = ['one', 'two', 'three', 'four', 'five'].map((word) => `tea-for-${word}-at-4`)
    const answers = await Promise.all(passwords.map((password) => redeem(link, password)))
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 400, 400, 400, 400])
    expect(await Event.count({ where: { action: 'password.set' } })).to.equal(1)
  }).timeout(30_000)

  it('sets nothing when the password is set while it waits', async () => {
    const link = await made()
    const choice = { text: 'coffee-4-two', rules: 'enforced' } as const
    const [, { status }] = await oneAfterTheOther(
      ravi,
      () => setPassword(ravi.id, choice, { kinds: [] }, TESTER),
      () => redeem(link),
    )
    expect(status).to.equal(400)
    await anonymous().post('/gettoken/').send({ username: 'ravi', password: 'coffee-4-two' }).expect(200)
  })

  it('is throttled by address', async () => {
    const statuses: number[] = []
    for (let count = 0; count < 21; count++)
      statuses.push((await redeem(`${ORIGIN}/account/#password=wrong`, NEW, undefined, '127.0.8.1')).status)
    expect(statuses).to.deep.equal([...Array(20).fill(400), 429])
    // Of another kind, and counted apart.
    expect((await redeem(`${ORIGIN}/account/#password=wrong`, NEW, undefined, '127.0.8.2')).status).to.equal(400)
  })
})

describe('latchkey user link', () => {
  beforeEach(makeRavi)

  it('prints a link that works, with JSON too', async () => {
    const printed = await command('user link RAVI')
    expect(printed.code, printed.stderr).to.equal(0)
    expect(printed.stdout).to.match(/^http:\/\/localhost:\d+\/account\/#password=[\w-]{43}\n$/)
    expect((await redeem(printed.stdout.trim())).status).to.equal(200)
    const json = JSON.parse((await command('user link ravi --json')).stdout)
    expect(json).to.have.all.keys('link', 'expires_at')
    expect((await redeem(json.link)).status).to.equal(200)
  })

  it('answers 1 to nobody and to who is disabled', async () => {
    expect((await command('user link nobody')).stderr).to.equal('latchkey: there is no user with this name\n')
    await command('user disable ravi')
    expect(await command('user link ravi')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'latchkey: This user is disabled, and cannot sign in with any password.\n',
    })
  })
})

let host = 0

function redeem(link: string, password = NEW, expected?: number, from = `127.0.9.${++host}`) {
  return raw('POST', '/api/password-link', {
    from,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ secret: secretOf(link), password }),
  }).then(({ status, headers, text }) => {
    if (expected) expect(status, text).to.equal(expected)
    return { status, headers, body: JSON.parse(text) }
  })
}

async function made() {
  return (await createPasswordLink(ravi.id, ORIGIN, TESTER)).link
}

function secretOf(link: string) {
  return link.split('#password=')[1]!
}
