import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import type { User } from '../src/identity/users/user.js'
import { expectWithin } from './process.js'
import { statementsDuring } from './statements.js'
import {
  accountOf,
  anonymous,
  clientWithValue,
  cookieFor,
  makePersonal,
  makeUser,
  PASSWORD,
  raw,
  superuserClient,
  TESTER,
} from './support.js'

/** Whether the database is asked for a token that was in memory before. */
async function isForgotten(value: string) {
  const statements = await statementsDuring(async () => void (await clientWithValue(value).get('/api/').expect(200)))
  return statements.some((statement) => /FROM .tokens./.test(statement))
}

/** The value of a token that is in memory, and stays there. */
async function remembered(user?: User) {
  const value = await accountOf(user ?? (await makeUser()))
  await expectWithin(5000, async () => !(await isForgotten(value)))
  return value
}

const signInTo = async (username: string, cookie = '') => {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', cookie }
  const body = JSON.stringify({ username, password: PASSWORD })
  return raw('POST', '/api/sessions/current', { headers, body })
}

describe('what is remembered of rights', () => {
  let root: Awaited<ReturnType<typeof superuserClient>>
  let staff: User
  let group: Group
  let empty: Group

  beforeEach(async () => {
    root = await superuserClient()
    staff = await makeUser({ username: 'sita', isStaff: true })
    group = await Group.add({ name: 'readers', scopes: ['users:read'] }, TESTER)
    empty = await Group.add({ name: 'nothing', scopes: [] }, TESTER)
  })

  const nothingTaken: Record<string, () => Promise<unknown>> = {
    'a sign-in to the admin site': () => signInTo('sita'),
    'a sign-in by a browser whose session has ended long ago': () =>
      signInTo('sita', `latchkey_session=lks_${'0'.repeat(49)}`),
    'a sign-in by /gettoken/': () => anonymous().post('/gettoken/').send({ username: 'sita', password: PASSWORD }),
    'a new token': () => makePersonal(staff),
    'a new user': () => root.post('/api/users').send({ username: 'new', password: PASSWORD }),
    'an e-mail address': () => root.patch(`/api/users/${staff.id}`).send({ email: 'a@b' }),
    'a revocation of a token that is not there': () => root.delete('/api/tokens/999999'),
    'a change of a user that is refused': () => root.patch('/api/users/999999').send({ is_active: false }),
    'the end of a session that is not there': () => root.delete(`/api/users/${staff.id}/sessions/999999`),
    'a user who is replaced by the same': () =>
      root.put(`/api/users/${staff.id}`).send({
        username: 'sita',
        email: 'a@b',
        is_active: true,
        is_staff: true,
        is_superuser: false,
        groups: [],
      }),
    'a group that stays as it was': () => root.patch(`/api/groups/${group.id}`).send({ scopes: ['users:read'] }),
    'the end of a group without scopes': () => root.delete(`/api/groups/${empty.id}`),
    'a first password, which ends nothing': () =>
      root.put(`/api/users/${staff.id}/password`).send({ password: 'coffee-4-two' }),
    'a change from an old state': () =>
      root.patch(`/api/users/${staff.id}`).set('If-Match', '"x"').send({ is_active: false }),
  }
  for (const [what, act] of Object.entries(nothingTaken))
    it(`outlasts ${what}`, async () => {
      const value = await remembered()
      await act()
      expect(await isForgotten(value)).to.equal(false)
    })

  it('outlasts a second revocation of the same token', async () => {
    const { token } = await makePersonal(staff)
    await root.delete(`/api/tokens/${token.id}`).expect(204)
    const value = await remembered()
    await root.delete(`/api/tokens/${token.id}`).expect(204)
    expect(await isForgotten(value)).to.equal(false)
  })

  it('outlasts another name of a group', async () => {
    const group = await Group.add({ name: 'payroll', scopes: ['users:read'] }, TESTER)
    const value = await remembered()
    await root.patch(`/api/groups/${group.id}`).send({ name: 'wages' }).expect(200)
    expect(await isForgotten(value)).to.equal(false)
  })

  it('ends with a sign-in the session that the browser had', async () => {
    const cookie = await cookieFor(staff)
    const value = await remembered()
    expect((await signInTo('sita', cookie)).status).to.equal(200)
    expect((await raw('GET', '/api/', { headers: { cookie } })).status).to.equal(401)
    expect(await isForgotten(value)).to.equal(false)
  })

  const altered: Record<string, () => Promise<unknown>> = {
    'a group is given': () => root.patch(`/api/users/${staff.id}`).send({ groups: ['readers'] }),
    'a name is another': () => root.patch(`/api/users/${staff.id}`).send({ username: 'rani' }),
  }
  for (const [what, act] of Object.entries(altered))
    it(`is forgotten where ${what}, of that user alone`, async () => {
      const [own, other] = [await remembered(staff), await remembered()]
      await act()
      expect([await isForgotten(own), await isForgotten(other)]).to.deep.equal([true, false])
    })

  it('ends with a password what that user had, and nobody else’s', async () => {
    const [own, other] = [await remembered(staff), await remembered()]
    await root.put(`/api/users/${staff.id}/password`).send({ password: 'coffee-4-two' }).expect(204)
    expect((await clientWithValue(own).get('/api/')).status).to.equal(401)
    expect(await isForgotten(other)).to.equal(false)
  })

  const ofGroups: Record<string, () => Promise<unknown>> = {
    'a group gets more': () => root.patch(`/api/groups/${group.id}`).send({ scopes: ['users:read', 'users:write'] }),
    'a group with scopes goes': () => root.delete(`/api/groups/${group.id}`),
  }
  for (const [what, act] of Object.entries(ofGroups))
    it(`is forgotten of everybody where ${what}`, async () => {
      const value = await remembered()
      await act()
      expect(await isForgotten(value)).to.equal(true)
    })

  it('is forgotten of a token that is revoked, and of no other', async () => {
    const { token, value } = await makePersonal(staff)
    const [own, other] = [await remembered(staff), await remembered()]
    await clientWithValue(value).get('/api/').expect(200)
    await root.delete(`/api/tokens/${token.id}`).expect(204)
    await clientWithValue(value).get('/api/').expect(401)
    expect([await isForgotten(own), await isForgotten(other)]).to.deep.equal([false, false])
  })
})
