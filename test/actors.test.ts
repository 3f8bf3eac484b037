import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { verifyEvents } from '../src/audit/chain.js'
import { Event, EventEnd } from '../src/audit/event.js'
import { writeRefusals } from '../src/audit/refusals.js'
import { write } from '../src/platform/database/write-queue.js'
import { firstKeyId, markOf } from '../src/platform/keys.js'
import { anonymous, clientOf, makePersonal, makeUser, PASSWORD, superuserClient } from './support.js'

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
    it(`is told apart where a user is called ${username}`, async () => {
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

  it('is whoever holds the value where a token is reported', async () => {
    const { value } = await makePersonal(await makeUser())
    await anonymous().post('/api/tokens/report').send({ token: value }).expect(204)
    expect(await actorsOf('token.reported')).to.deep.equal([['holder', 'whoever holds it']])
  })
})

describe('a trail of 0.1.0', () => {
  /** As 0.1.0 appended, before there were kinds. */
  async function old(count: number) {
    await write(async (transaction) => {
      await Event.destroy({ where: {}, transaction })
      const keyId = firstKeyId()
      let link = ''
      for (let id = 1; id <= count; id++) {
        const at = new Date()
        const who = { actorId: null, actor: 'command' }
        const done = { action: 'token.revoked', object: `token:${id}`, outcome: 'done' as const, address: '' }
        const values = [
          link,
          id,
          at.toISOString(),
          null,
          who.actor,
          done.action,
          done.object,
          done.outcome,
          '',
          null,
          '',
        ]
        link = createHash('sha256').update(JSON.stringify(values)).digest('hex')
        const row = { id, at, ...who, actorKind: null, ...done, requestId: null, detail: '', link, keyId }
        await Event.create({ ...row, mark: markOf('event', keyId, link) }, { transaction })
      }
      const end = await EventEnd.findByPk('last', { transaction })
      await end!.sign({ eventId: count, link }, transaction)
    })
  }

  beforeEach(async () => {
    root = await superuserClient()
  })

  it('goes on verifying, and goes on', async () => {
    await old(3)
    expect(await verifyEvents()).to.deep.equal({ checked: 3 })
    await root.post('/api/groups').send({ name: 'g', scopes: [] }).expect(201)
    const { checked, broken } = await verifyEvents()
    expect([checked > 3, broken]).to.deep.equal([true, undefined])
    expect((await actorsOf('token.revoked'))[0]).to.deep.equal([null, 'command'])
  })

  it('tells where somebody gave an old row a kind, and took the kind of a new one', async () => {
    await old(3)
    await root.post('/api/groups').send({ name: 'g', scopes: [] }).expect(201)
    const tamper = (id: number, actorKind: 'user' | 'command' | null) =>
      write((transaction) => Event.update({ actorKind }, { where: { id }, transaction }))
    const newest = (await Event.findOne({ order: [['id', 'DESC']] }))!
    await tamper(2, 'user')
    expect((await verifyEvents()).broken?.id).to.equal(2)
    await tamper(2, null)
    for (const kind of [null, 'command'] as const) {
      await tamper(newest.id, kind)
      expect((await verifyEvents()).broken?.id).to.equal(newest.id)
    }
    await tamper(newest.id, newest.actorKind as 'user')
    expect((await verifyEvents()).broken).to.equal(undefined)
  })
})
