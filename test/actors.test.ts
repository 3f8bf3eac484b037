import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { oldEvents, remarkEvents, verifyEvents } from '../src/audit/chain.js'
import { Event, EventEnd } from '../src/audit/event.js'
import { inTheWay } from '../src/audit/free-id.js'
import { writeRefusals } from '../src/audit/refusals.js'
import { settings } from '../src/platform/config.js'
import { sequelize } from '../src/platform/database/connection.js'
import { sweep } from '../src/platform/database/sweep.js'
import { write } from '../src/platform/database/write-queue.js'
import { Key, loadKeys } from '../src/platform/keys.js'
import { anonymous, clientOf, makePersonal, makeUser, PASSWORD, superuserClient } from './support.js'

const NOTHING = { eventId: 0, link: '', keyId: null, signature: null }

let root: Awaited<ReturnType<typeof superuserClient>>

/** Events of an action, as the API shows who did it. */
async function actorsOf(action: string, query = '') {
  await writeRefusals('all')
  const { body } = await root.get(`/api/events?action=${action}${query}`)
  return body.map(({ actor, actor_kind }: Record<string, unknown>) => [actor_kind, actor])
}

describe('the actor of an event', () => {
  beforeEach(async () => {
    root = await superuserClient()
  })

  for (const username of ['stranger', 'command', 'several', 'start'])
    it(`is distinguished from a user who is called ${username}`, async () => {
      const user = await makeUser({ username, isSuperuser: true })
      await (await clientOf(user)).post('/api/groups').send({ name: 'g', scopes: [] }).expect(201)
      expect(await actorsOf('group.created')).to.deep.equal([['user', username]])
      expect(await actorsOf('group.created', '&actor_kind=user')).to.have.lengthOf(1)
      expect(await actorsOf('group.created', '&actor_kind=stranger')).to.deep.equal([])
    })

  it('is a stranger where a password was wrong, whatever name was given', async () => {
    await makeUser({ username: 'ravi' })
    await anonymous().post('/gettoken/').send({ username: 'ravi', password: 'wrong' }).expect(400)
    await anonymous().post('/gettoken/').send({ username: 'nobody-here', password: 'wrong' }).expect(400)
    expect(await actorsOf('login.failed')).to.have.deep.members([
      ['stranger', 'ravi'],
      ['stranger', 'unknown user'],
    ])
  })

  it('is the user from the sign-in on', async () => {
    await makeUser({ username: 'ravi' })
    await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD }).expect(200)
    expect(await actorsOf('login.succeeded')).to.deep.equal([['user', 'ravi']])
    expect((await actorsOf('token.created')).at(-1)).to.deep.equal(['user', 'ravi'])
  })

  it('is known by the whole of a detail, which no name of a group can go on with', async () => {
    const user = await makeUser()
    const groups = ['staff', 'none, superuser true', 'none', 'a b', '"a" "b"']
    for (const name of groups) await root.post('/api/groups').send({ name, scopes: [] }).expect(201)
    await root.patch(`/api/users/${user.id}`).send({ groups }).expect(200)
    const { body } = await root.get('/api/events?action=user.changed')
    const names = String.raw`staff "none, superuser true" "none" "a b" "\"a\" \"b\""`
    expect(body[0].detail).to.equal(`groups ${names}`)
  })

  it('is the holder of the value if a token is reported', async () => {
    const { value } = await makePersonal(await makeUser())
    await anonymous().post('/api/tokens/report').send({ token: value }).expect(204)
    expect(await actorsOf('token.reported')).to.deep.equal([['holder', 'whoever holds it']])
  })
})

/** What a server of 0.1.0 appended, and the key that was made for it alone. */
const OLD = JSON.parse(readFileSync('test/fixtures/trail-of-0.1.0.json', 'utf8'))

describe('a trail of 0.1.0', () => {
  beforeEach(async () => {
    root = await superuserClient()
    const { secretKeys, database } = settings()
    await loadKeys({ secretKeys: [...secretKeys, Buffer.from(OLD.key, 'base64')], database }, { mayCreateFile: false })
    await write(async (transaction) => {
      await Event.destroy({ where: {}, transaction })
      await Key.create({ id: OLD.events[0].key_id }, { transaction })
      await sequelize.getQueryInterface().bulkInsert('events', OLD.events, { transaction })
      for (const { name, event_id: eventId, link, key_id: keyId, signature } of OLD.ends)
        await EventEnd.update({ eventId, link, keyId, signature }, { where: { name }, transaction })
    })
  })

  afterEach(async () => {
    await write(async (transaction) => {
      await EventEnd.update(NOTHING, { where: {}, transaction })
      await Event.destroy({ where: {}, transaction })
      await Key.destroy({ where: { id: OLD.events[0].key_id }, transaction })
    })
    await loadKeys(settings(), { mayCreateFile: false })
  })

  it('goes on verifying, and goes on', async () => {
    expect(await verifyEvents()).to.deep.equal({ checked: OLD.events.length })
    await root.post('/api/groups').send({ name: 'g', scopes: [] }).expect(201)
    expect(await verifyEvents()).to.deep.equal({ checked: OLD.events.length + 1 })
    expect((await actorsOf('token.revoked'))[0]).to.deep.equal(['unknown', 'Srinivas'])
    expect((await actorsOf('group.created'))[0]).to.deep.equal(['unknown', 'Srinivas'])
  })

  it('is marked anew under the key of today, and pruned, as every other', async () => {
    await remarkEvents()
    await root.post('/api/groups').send({ name: 'g', scopes: [] }).expect(201)
    await write((transaction) => Key.destroy({ where: { id: OLD.events[0].key_id }, transaction }))
    await loadKeys(settings(), { mayCreateFile: false })
    expect(await verifyEvents()).to.deep.equal({ checked: OLD.events.length + 1 })
    expect(await sweep(oldEvents(0, new Date(Date.parse(OLD.events[4].at) + 1)))).to.equal(5)
    expect(await verifyEvents()).to.deep.equal({ checked: OLD.events.length - 4 })
  })

  it('continues after a gap that a row of somebody else left', async () => {
    const id = OLD.events.length + 1
    const forged = { ...OLD.events.at(-1), id }
    await write((transaction) => sequelize.getQueryInterface().bulkInsert('events', [forged], { transaction }))
    await root.post('/api/groups').send({ name: 'g', scopes: [] }).expect(201)
    expect((await verifyEvents()).problems?.map((problem) => problem.id)).to.deep.equal([id])
    await write((transaction) => Event.destroy({ where: { id }, transaction }))
    expect(await verifyEvents()).to.deep.equal({ checked: id })
    inTheWay.clear()
  })

  it('tells where somebody gave an old row a kind, and took the kind of a new one', async () => {
    await root.post('/api/groups').send({ name: 'g', scopes: [] }).expect(201)
    const tamper = (id: number, actorKind: 'user' | 'command' | null) =>
      write((transaction) => Event.update({ actorKind }, { where: { id }, transaction }))
    const newest = OLD.events.length + 1
    await tamper(2, 'user')
    expect((await verifyEvents()).broken?.id).to.equal(2)
    await tamper(2, null)
    for (const kind of [null, 'command'] as const) {
      await tamper(newest, kind)
      expect((await verifyEvents()).broken?.id).to.equal(newest)
    }
    await tamper(newest, 'user')
    expect((await verifyEvents()).broken).to.equal(undefined)
  })
})
