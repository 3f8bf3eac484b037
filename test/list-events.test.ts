import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { write } from '../src/platform/database/write-queue.js'
import { clientOf, makeUser, superuserClient, TESTER } from './support.js'

describe('listEvents', () => {
  it('names the fields that were changed, and never their values', async () => {
    const root = await superuserClient()
    const { body: user } = await root.post('/api/users').send({ username: 'ravi' })
    await root.patch(`/api/users/${user.id}`).send({ email: 'r@example.com' }).expect(200)
    const { body } = await root.get(`/api/events?object=user:${user.id}&action=user.changed`).expect(200)
    expect(body.map(({ fields }: { fields: string[] }) => fields)).to.deep.equal([['email']])
    expect(JSON.stringify(await Event.findAll({ raw: true }))).to.not.include('r@example.com')
  })

  it('leaves out sign-ins, settings and refusals', async () => {
    const root = await superuserClient()
    await root.post('/api/groups').send({ name: 'a', scopes: [] })
    const act = (action: 'login.succeeded' | 'settings.changed' | 'token.unreadable', outcome: 'done' | 'refused') =>
      write((transaction) => Event.record(TESTER, { action, object: 'x', outcome }, transaction))
    await act('login.succeeded', 'done')
    await act('settings.changed', 'done')
    await act('token.unreadable', 'refused')
    const actions = async (query: string) =>
      (await root.get(`/api/events?${query}`).expect(200)).body.map(({ action }: { action: string }) => action)
    const kept = await actions('without=sign-ins,settings,refusals')
    expect(kept).to.include('group.created').and.not.include.members(['login.succeeded'])
    expect(kept).to.not.include('settings.changed').and.not.include('token.unreadable')
    expect(await actions('without=refusals')).to.include.members(['login.succeeded', 'settings.changed'])
  })

  it('refuses an unknown action and an unknown kind', async () => {
    const client = await clientOf(await makeUser({ isSuperuser: true }))
    expect((await client.get('/api/events?action=user.eaten').expect(400)).body.errors).to.have.key('action')
    expect((await client.get('/api/events?without=all').expect(400)).body.errors).to.have.key('without')
  })
})
