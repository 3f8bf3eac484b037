import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { writeUses } from '../src/identity/access/usage.js'
import { Token } from '../src/identity/tokens/token.js'
import { newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import {
  clientWith,
  cookieFor,
  makePersonal,
  makeUser,
  PASSWORD,
  type RawAnswer,
  raw,
  superuserClient,
} from './support.js'

const HERE = { host: 'localhost:8000', 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }

describe('createCurrentSession', () => {
  it('signs a user in by a cookie that scripts cannot read', async () => {
    const staff = await makeUser({ username: 'sita', isStaff: true })
    const answer = await signIn('sita')
    expect(answer.status, answer.text).to.equal(200)
    expect(answer.headers['set-cookie']).to.have.lengthOf(1)
    expect(answer.headers['set-cookie']![0]).to.match(
      /^latchkey_session=lks_[0-9A-Za-z]{49}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(answer.headers['cache-control']).to.equal('no-store')
    expect(answer.text).not.to.contain('lks_')
    const session = await get('/api/sessions/current', cookieOf(answer))
    expect(session.status).to.equal(200)
    expect(JSON.parse(session.text).user).to.deep.equal({
      id: staff.id,
      username: 'sita',
      is_staff: true,
      is_superuser: false,
    })
    expect((await staff.reload()).lastLogin).to.be.instanceOf(Date)
    const actions = (await Event.findAll({ order: ['id'] })).map(({ action }) => action)
    expect(actions).to.deep.equal(['login.succeeded', 'session.started'])
  })

  it('signs the same user in twice at once', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    for (let round = 0; round < 8; round++) {
      const answers = await Promise.all([signIn('sita'), signIn('sita')])
      expect(answers.map(({ status, text }) => [status, status === 200 ? '' : text])).to.deep.equal([
        [200, ''],
        [200, ''],
      ])
    }
  })

  it('answers a wrong password as gettoken does', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    const answer = await signIn('sita', 'wrong')
    expect(answer.status).to.equal(400)
    expect(JSON.parse(answer.text).errors).to.deep.equal({
      non_field_errors: ['Unable to log in with provided credentials.'],
    })
    expect(answer.headers['set-cookie']).to.equal(undefined)
  })

  it('shares its budget of guesses with gettoken', async () => {
    await makeUser({ username: 'guessed', isStaff: true })
    for (let count = 0; count < 5; count++) {
      await signIn('guessed', 'wrong')
      await raw('POST', '/gettoken/', {
        headers: HERE,
        body: JSON.stringify({ username: 'guessed', password: 'wrong' }),
      })
    }
    expect((await signIn('guessed', 'wrong')).status).to.equal(429)
  }).timeout(30_000)

  for (const profile of [{}, { isSuperuser: true }])
    it(`signs in who is not staff, and says so: ${JSON.stringify(profile)}`, async () => {
      await makeUser({ username: 'ravi', ...profile })
      const answer = await signIn('ravi')
      expect(answer.status, answer.text).to.equal(200)
      expect(JSON.parse(answer.text).user.is_staff).to.equal(false)
      expect((await get('/api/tokens', cookieOf(answer))).status).to.equal(200)
    })

  it('signs no disabled user in', async () => {
    await makeUser({ username: 'ravi', isActive: false })
    const answer = await signIn('ravi')
    expect([answer.status, answer.headers['set-cookie']]).to.deep.equal([400, undefined])
    expect(await Token.count()).to.equal(0)
  })

  it('answers 403, naming the setting, where the cookie would travel without TLS', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    const answer = await signIn('sita', PASSWORD, { host: 'api.example.com' })
    expect(answer.status).to.equal(403)
    expect(answer.text).to.contain('LATCHKEY_PUBLIC_URL')
  })

  it('takes no value that was there before: what is planted stays worthless, what was good ends', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    const planted = newValue('lks')
    const first = cookieOf(await signIn('sita', PASSWORD, { cookie: `latchkey_session=${planted}` }))
    expect(first).not.to.contain(planted)
    expect((await get('/api/', `latchkey_session=${planted}`)).status).to.equal(401)
    const second = cookieOf(await signIn('sita', PASSWORD, { cookie: first }))
    expect(second).not.to.equal(first)
    expect((await get('/api/', first)).status).to.equal(401)
    expect((await get('/api/', second)).status).to.equal(200)
  })

  it('forgets the sessions that have ended', async () => {
    await makeUser({ username: 'sita', isStaff: true })
    for (let count = 0; count < 3; count++) {
      const cookie = cookieOf(await signIn('sita'))
      await raw('DELETE', '/api/sessions/current', { headers: { ...HERE, cookie } })
    }
    await signIn('sita')
    expect(await Token.count({ where: { kind: 'session' } })).to.equal(1)
  })
})

describe('deleteCurrentSession', () => {
  it('ends the session on the server: the cookie is worth nothing when it is sent again', async () => {
    const cookie = await signedIn()
    const answer = await raw('DELETE', '/api/sessions/current', { headers: { ...HERE, cookie } })
    expect(answer.status).to.equal(204)
    expect(answer.headers['set-cookie']![0]).to.match(/^latchkey_session=; .*Max-Age=0$/)
    expect((await get('/api/', cookie)).status).to.equal(401)
    expect(await Event.count({ where: { action: 'session.ended' } })).to.equal(1)
  })
})

describe('getCurrentSession and deleteCurrentSession', () => {
  it('are for the cookie alone', async () => {
    expect((await (await superuserClient()).get('/api/sessions/current')).status).to.equal(401)
    for (const method of ['GET', 'DELETE']) {
      const { status, headers, text } = await raw(method, '/api/sessions/current')
      expect([status, headers['www-authenticate']]).to.deep.equal([401, 'Token realm="latchkey"'])
      expect(JSON.parse(text).detail).to.equal('Authentication credentials were not provided.')
    }
  })
})

describe('a session', () => {
  it('may do what its user may', async () => {
    const cookie = await signedIn()
    const answer = await raw('POST', '/api/emp_viewset', {
      headers: { ...HERE, cookie },
      body: JSON.stringify({ empid: 101, empname: 'Srinu', salary: 1 }),
    })
    expect(answer.status).to.equal(201)
    expect((await get('/api/users', cookie)).status).to.equal(403)
  })

  it('is no token, and a token is no session', async () => {
    const cookie = await signedIn()
    const session = cookie.split('=')[1]!
    const { value } = await makePersonal(await makeUser())
    expect((await raw('GET', '/api/', { headers: { authorization: `Token ${session}` } })).status).to.equal(401)
    expect((await get('/api/', `latchkey_session=${value}`)).status).to.equal(401)
  })

  it('is ignored if there is an Authorization header', async () => {
    const cookie = await signedIn()
    const headers = { cookie, authorization: `Token ${newValue('lk')}` }
    expect((await raw('GET', '/api/', { headers })).status).to.equal(401)
  })

  it('counts for nothing when its cookie is there twice', async () => {
    const cookie = await signedIn()
    expect((await get('/api/', `${cookie}; latchkey_session=x`)).status).to.equal(401)
  })

  it('is never listed among tokens', async () => {
    await signedIn()
    const { body } = await (await superuserClient()).get('/api/tokens')
    expect(body.map(({ kind }: { kind: string }) => kind)).to.deep.equal(['account'])
  })

  for (const [what, [out, back]] of Object.entries({
    disabled: [{ is_active: false }, { is_active: true }],
    'staff no longer': [{ is_staff: false }, { is_staff: true }],
    'superuser no longer': [{ is_superuser: false }, { is_superuser: true }],
  }))
    it(`ends at once for a user who is ${what}, also when that is taken back, and the tokens do not`, async () => {
      const { id } = await makeUser({ username: 'sita', isStaff: true, isSuperuser: true })
      const sita = (await User.findByPk(id))!
      const cookie = await cookieFor(sita)
      const { value } = await makePersonal(sita)
      expect((await get('/api/', cookie)).status).to.equal(200)
      const root = await superuserClient()
      await root.patch(`/api/users/${id}`).send(out).expect(200)
      expect((await get('/api/', cookie)).status).to.equal(401)
      const { detail } = (await Event.findOne({ where: { action: 'user.changed' } }))!
      expect(detail).to.contain('sessions ended 1')
      await root.patch(`/api/users/${id}`).send(back).expect(200)
      expect((await get('/api/', cookie)).status).to.equal(401)
      expect((await root.get(`/api/users/${id}/sessions`)).body).to.deep.equal([])
      expect((await raw('GET', '/api/', { headers: { authorization: `Token ${value}` } })).status).to.equal(200)
    })

  it('goes on for a user of whom something else is changed', async () => {
    const cookie = await signedIn()
    const { id } = (await User.findOne({ where: { username: 'sita' } }))!
    const root = await superuserClient()
    await root.patch(`/api/users/${id}`).send({ is_staff: true, is_superuser: true, email: 'a@b' }).expect(200)
    expect((await get('/api/', cookie)).status).to.equal(200)
  })

  describe('by the clock', () => {
    const RealDate = Date
    let ahead = 0

    beforeEach(() => {
      ahead = 0
      globalThis.Date = class extends RealDate {
        constructor(...values: []) {
          if (values.length > 0) super(...values)
          else super(RealDate.now() + ahead)
        }
        static override now = () => RealDate.now() + ahead
      } as DateConstructor
    })

    afterEach(() => {
      globalThis.Date = RealDate
    })

    const MINUTE = 60_000

    it('ends after 30 minutes without use', async () => {
      const cookie = await signedIn()
      ahead = 29.5 * MINUTE
      expect((await get('/api/', cookie)).status).to.equal(200)
      await writeUses()
      ahead += 29.5 * MINUTE
      expect((await get('/api/', cookie)).status).to.equal(200)
      await writeUses()
      ahead += 30 * MINUTE + 1000
      expect((await get('/api/', cookie)).status).to.equal(401)
    })

    it('ends after 8 hours, however busy it is', async () => {
      const cookie = await signedIn()
      for (let minutes = 0; minutes < 479; minutes += 20) {
        ahead = minutes * MINUTE
        expect((await get('/api/', cookie)).status).to.equal(200)
        await writeUses()
      }
      ahead = 479 * MINUTE
      expect((await get('/api/', cookie)).status).to.equal(200)
      await writeUses()
      ahead = 480 * MINUTE + 1000
      expect((await get('/api/', cookie)).status).to.equal(401)
    })
  })

  it('gets a new value with a new password, and the others end', async () => {
    const cookie = await signedIn()
    const other = cookieOf(await signIn('sita'))
    const { id } = (await User.findOne({ where: { username: 'sita' } }))!
    const answer = await raw('PUT', `/api/users/${id}/password`, {
      headers: { ...HERE, cookie },
      body: JSON.stringify({ password: 'tea-for-2-at-4', current_password: PASSWORD }),
    })
    expect(answer.status, answer.text).to.equal(204)
    expect((await get('/api/', cookie)).status).to.equal(401)
    expect((await get('/api/', other)).status).to.equal(401)
    expect((await get('/api/', cookieOf(answer))).status).to.equal(200)
  })
})

describe('listUserSessions and deleteUserSession', () => {
  it('show where a user is signed in, and end it', async () => {
    const cookie = await signedIn()
    const { id } = (await User.findOne({ where: { username: 'sita' } }))!
    const root = await superuserClient()
    const { body, text } = await root.get(`/api/users/${id}/sessions`)
    expect(body).to.have.lengthOf(1)
    expect(body[0]).to.include({ is_current: false })
    expect(text).not.to.contain('lks_')
    expect((await root.delete(`/api/users/${id}/sessions/${body[0].id}`)).status).to.equal(204)
    expect((await get('/api/', cookie)).status).to.equal(401)
    expect((await root.get(`/api/users/${id}/sessions`)).body).to.deep.equal([])
    expect((await root.delete(`/api/users/${id}/sessions/${body[0].id}`)).status).to.equal(404)
  })

  it('end no token, and no session of another user', async () => {
    const { token } = await makePersonal(await makeUser({ username: 'ravi' }))
    await signedIn()
    const root = await superuserClient()
    const ravi = token.userId
    const session = (await Token.findOne({ where: { kind: 'session' } }))!
    expect((await root.delete(`/api/users/${ravi}/sessions/${token.id}`)).status).to.equal(404)
    expect((await root.delete(`/api/users/${ravi}/sessions/${session.id}`)).status).to.equal(404)
  })

  it('of another are for a superuser', async () => {
    await signedIn()
    const session = (await Token.findOne({ where: { kind: 'session' } }))!
    const client = await clientWith('users:write')
    expect((await client.delete(`/api/users/${session.userId}/sessions/${session.id}`)).status).to.equal(403)
  })
})

function signIn(username: string, password = PASSWORD, headers: Record<string, string> = {}) {
  return raw('POST', '/api/sessions/current', {
    headers: { ...HERE, ...headers },
    body: JSON.stringify({ username, password }),
  })
}

/** The cookie of a member of the staff who is no superuser. */
async function signedIn() {
  return cookieFor(await makeUser({ username: 'sita', isStaff: true }))
}

function cookieOf({ headers }: RawAnswer) {
  return headers['set-cookie']![0]!.split(';')[0]!
}

function get(path: string, cookie?: string) {
  return raw('GET', path, { headers: { ...(cookie && { cookie }) } })
}
