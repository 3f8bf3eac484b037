import { createHmac } from 'node:crypto'
import bcrypt from 'bcrypt'
import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { writeRefusals } from '../src/audit/refusals.js'
import { KnownAddress } from '../src/identity/sign-in/sign-in.js'
import { stateOf } from '../src/identity/tokens/state.js'
import { Token } from '../src/identity/tokens/token.js'
import { digestOf, newValue } from '../src/identity/tokens/value.js'
import { hashPassword } from '../src/identity/users/password.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { derivedKey, firstKeyId } from '../src/platform/keys.js'
import { holdHashes, waitingHashes } from './hash-slots.js'
import { anonymous, clientOf, clientWithValue, makePersonal, makeUser, PASSWORD, superuserClient } from './support.js'

const NEW = 'coffee-4-two'

function login(username: string, password: string) {
  return anonymous().post('/gettoken/').send({ username, password })
}

async function withSession(user: User) {
  return write((transaction) =>
    Token.create(
      { kind: 'session', userId: user.id, digest: digestOf(newValue('lks')), hint: 'lks_…' },
      { transaction },
    ),
  )
}

describe('setUserPassword', () => {
  it('of one’s own needs the current one, and ends sessions, the account token and personal tokens', async () => {
    const user = await makeUser({ username: 'ravi' })
    const client = await clientOf(user)
    const { value } = await makePersonal(user)
    const session = await withSession(user)
    const path = `/api/users/${user.id}/password`
    expect((await client.put(path).send({ password: NEW })).body.errors).to.have.all.keys('current_password')
    expect((await client.put(path).send({ password: NEW, current_password: 'wrong' })).body.errors).to.have.all.keys(
      'current_password',
    )
    expect((await client.put(path).send({ password: NEW, current_password: PASSWORD })).status).to.equal(204)
    expect((await client.get('/api/')).status).to.equal(401)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
    expect(stateOf(await session.reload())).to.equal('revoked')
    expect((await login('ravi', PASSWORD)).status).to.equal(400)
    expect((await login('ravi', NEW)).status).to.equal(200)
  })

  for (const [what, current, status] of [
    ['a right one', PASSWORD, 204],
    ['a wrong one', 'wrong', 400],
    ['a right one beside a new one that is too weak', PASSWORD, 400],
  ] as const)
    it(`signs nobody in by looking at the current one: ${what}`, async () => {
      const user = await makeUser()
      const password = what.endsWith('weak') ? 'admin123' : NEW
      const client = await clientOf(user)
      const answer = await client.put(`/api/users/${user.id}/password`).send({ password, current_password: current })
      expect(answer.status).to.equal(status)
      expect(await Event.count({ where: { action: 'login.succeeded' } })).to.equal(0)
      expect(await KnownAddress.count()).to.equal(0)
      expect((await user.reload()).lastLogin).to.equal(null)
    })
  it('tells the trail of a wrong current one as of a refusal to this user', async () => {
    const user = await makeUser({ username: 'ravi' })
    const body = { password: NEW, current_password: 'wrong' }
    await (await clientOf(user)).put(`/api/users/${user.id}/password`).send(body).expect(400)
    await writeRefusals('all')
    const [event] = await Event.findAll({ where: { action: 'login.failed', actorId: user.id }, raw: true })
    expect(event).to.include({ actorKind: 'user', outcome: 'refused' })
  })

  it('answers 403 to who proves to know a password and is signed in as somebody else', async () => {
    const root = await superuserClient()
    const { id } = await makeUser({ username: 'ravi' })
    const { status } = await root
      .put(`/api/users/${id}/password`)
      .send({ password: 'tea-for-2-at-4', current_password: PASSWORD })
    expect(status).to.equal(403)
  })

  it('keeps one’s personal tokens when asked to', async () => {
    const user = await makeUser()
    const { value } = await makePersonal(user)
    const body = { password: NEW, current_password: PASSWORD, keep_personal_tokens: true }
    expect((await (await clientOf(user)).put(`/api/users/${user.id}/password`).send(body)).status).to.equal(204)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(200)
  })

  it('by a superuser ends everything of that user, whatever is asked', async () => {
    const root = await superuserClient()
    const user = await makeUser()
    const client = await clientOf(user)
    const { value } = await makePersonal(user)
    expect(
      (await root.put(`/api/users/${user.id}/password`).send({ password: NEW, keep_personal_tokens: true })).status,
    ).to.equal(204)
    for (const ended of [client, clientWithValue(value)]) expect((await ended.get('/api/')).status).to.equal(401)
    expect((await root.get('/api/')).status).to.equal(200)
  })

  it('is not for others, nor for a personal token', async () => {
    const user = await makeUser()
    const other = await makeUser()
    expect(
      (await (await clientOf(user)).put(`/api/users/${other.id}/password`).send({ password: NEW })).status,
    ).to.equal(403)
    const { value } = await makePersonal(user)
    const body = { password: NEW, current_password: PASSWORD }
    expect((await clientWithValue(value).put(`/api/users/${user.id}/password`).send(body)).status).to.equal(403)
    const { value: ofRoot } = await makePersonal(await makeUser({ isSuperuser: true }))
    expect(
      (await clientWithValue(ofRoot).put(`/api/users/${user.id}/password`).send({ password: NEW })).status,
    ).to.equal(403)
  })

  it('holds the new one to the rules', async () => {
    const user = await makeUser()
    const body = { password: 'admin123', current_password: PASSWORD }
    const answer = await (await clientOf(user)).put(`/api/users/${user.id}/password`).send(body)
    expect(answer.body.errors).to.deep.equal({ password: ['This password is too common.'] })
  })
})

describe('an old hash', () => {
  let user: User

  beforeEach(async () => {
    user = await makeUser({ username: 'ravi' })
    const text = createHmac('sha384', derivedKey('password', firstKeyId())).update(PASSWORD).digest('base64')
    const passwordHash = await bcrypt.hash(text, 4)
    await write((transaction) => user.update({ passwordHash }, { transaction }))
  })

  it('of an old password does not come back when a new one is set during a sign-in', async () => {
    const { passwordHash, passwordKey } = await hashPassword(NEW, 'test')
    const release = holdHashes()
    const signingIn = login('ravi', PASSWORD).then((answer) => answer.status)
    await waitingHashes(1)
    await write((transaction) => user.update({ passwordHash, passwordKey }, { transaction }))
    release()
    expect(await signingIn).to.equal(400)
    expect((await login('ravi', PASSWORD)).status).to.equal(400)
    expect((await login('ravi', NEW)).status).to.equal(200)
  })

  it('lets two right sign-ins at the same moment in', async () => {
    const release = holdHashes()
    const answers = [login('ravi', PASSWORD), login('ravi', PASSWORD)].map((answer) => answer.then())
    await waitingHashes(2)
    release()
    expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([200, 200])
  })

  for (const cost of [4, 6])
    it(`of cost ${cost} is made anew at the next sign-in`, async () => {
      const { passwordHash } = await hashPassword(PASSWORD, 'test')
      const text = createHmac('sha384', derivedKey('password', firstKeyId())).update(PASSWORD).digest('base64')
      const other = await bcrypt.hash(text, cost)
      await write((transaction) => user.update({ passwordHash: other }, { transaction }))
      expect((await login('ravi', PASSWORD)).status).to.equal(200)
      expect(bcrypt.getRounds((await user.reload()).passwordHash!)).to.equal(bcrypt.getRounds(passwordHash))
      expect((await login('ravi', PASSWORD)).status).to.equal(200)
    })

  it('stays as it is after a wrong password', async () => {
    expect((await login('ravi', 'wrong')).status).to.equal(400)
    expect(bcrypt.getRounds((await user.reload()).passwordHash!)).to.equal(4)
  })

  it('of a higher cost makes a wrong password of nobody take as long', async () => {
    const text = createHmac('sha384', derivedKey('password', firstKeyId())).update(PASSWORD).digest('base64')
    const passwordHash = await bcrypt.hash(text, 10)
    await write((transaction) => User.update({ passwordHash }, { where: {}, transaction }))
    const [ravi, nobody] = [await work('ravi'), await work('nobody')]
    expect(nobody / ravi, `${nobody} and ${ravi} ms`).to.be.within(0.6, 1.6)
  })
})

/** Milliseconds of CPU that a wrong password takes, the least of three. */
async function work(username: string): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < 3; count++) {
    const before = process.cpuUsage()
    expect((await login(username, 'wrong')).status).to.equal(400)
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  return Math.min(...times)
}
