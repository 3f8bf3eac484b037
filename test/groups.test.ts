import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { clientOf, clientWith, makeUser, superuserClient } from './support.js'

async function everyoneId() {
  return (await Group.findOne({ where: { name: 'everyone' } }))!.id
}

describe('the group everyone', () => {
  it('holds every user and can be narrowed by editing it', async () => {
    const root = await superuserClient()
    const client = await clientOf(await makeUser())
    expect((await client.get('/api/emp_viewset')).status).to.equal(200)
    const { status, body } = await root.patch(`/api/groups/${await everyoneId()}`).send({ scopes: ['tokens:read'] })
    expect(status).to.equal(200)
    expect(body).to.deep.include({ name: 'everyone', scopes: ['tokens:read'] })
    expect((await client.get('/api/emp_viewset')).body.missing_scopes).to.deep.equal(['employees:read'])
  })

  it('can be neither deleted nor renamed', async () => {
    const root = await superuserClient()
    expect((await root.delete(`/api/groups/${await everyoneId()}`)).status).to.equal(409)
    const { status, body } = await root.patch(`/api/groups/${await everyoneId()}`).send({ name: 'all' })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('name')
  })
})

describe('createGroup', () => {
  it('keeps each scope once, sorted', async () => {
    const root = await superuserClient()
    const { status, body, headers } = await root
      .post('/api/groups')
      .send({ name: 'payroll', scopes: ['users:read', 'employees:read', 'users:read'] })
    expect(status).to.equal(201)
    expect(body.scopes).to.deep.equal(['employees:read', 'users:read'])
    expect((await root.get(headers.location!)).body).to.deep.equal(body)
  })

  const bad: [what: string, body: object, field: string][] = [
    ['an unknown scope', { name: 'a', scopes: ['everything:read'] }, 'scopes'],
    ['text for scopes', { name: 'a', scopes: 'users:read' }, 'scopes'],
    ['no scopes', { name: 'a' }, 'scopes'],
    ['a blank name', { name: '  ', scopes: [] }, 'name'],
    ['a long name', { name: 'x'.repeat(151), scopes: [] }, 'name'],
    ['a name that is long when normalized', { name: '\u0958'.repeat(150), scopes: [] }, 'name'],
  ]
  for (const [what, body, field] of bad)
    it(`refuses ${what}, naming ${field}`, async () => {
      const answer = await (await superuserClient()).post('/api/groups').send(body)
      expect(answer.status).to.equal(400)
      expect(Object.keys(answer.body.errors)).to.deep.equal([field])
    })

  it('answers 409 to a taken name', async () => {
    const { status, body } = await (await superuserClient()).post('/api/groups').send({ name: 'everyone', scopes: [] })
    expect(status).to.equal(409)
    expect(body.errors).to.deep.equal({ name: ['group with this name already exists.'] })
  })

  it('with groups:write alone hands out no scope', async () => {
    const client = await clientWith('groups:write')
    expect((await client.post('/api/groups').send({ name: 'a', scopes: ['users:read'] })).status).to.equal(403)
    expect((await client.patch(`/api/groups/${await everyoneId()}`).send({ scopes: ['users:read'] })).status).to.equal(
      403,
    )
    expect((await client.post('/api/groups').send({ name: 'a', scopes: [] })).status).to.equal(201)
  })
})

describe('groups:write alone', () => {
  it('renames no group that has scopes', async () => {
    const root = await superuserClient()
    const { body: strong } = await root.post('/api/groups').send({ name: 'admins', scopes: ['users:read'] })
    const { body: weak } = await root.post('/api/groups').send({ name: 'readers', scopes: [] })
    const client = await clientWith('groups:write')
    expect((await client.patch(`/api/groups/${strong.id}`).send({ name: 'x' })).status).to.equal(403)
    expect((await client.patch(`/api/groups/${weak.id}`).send({ name: 'x' })).status).to.equal(200)
  })
})

describe('deleteGroup', () => {
  it('takes its scopes from its members at once', async () => {
    const root = await superuserClient()
    const { body: group } = await root.post('/api/groups').send({ name: 'hr', scopes: ['users:read'] })
    const client = await clientOf(await makeUser({ groups: ['hr'] }))
    expect((await client.get('/api/users')).status).to.equal(200)
    expect((await root.delete(`/api/groups/${group.id}`)).status).to.equal(204)
    expect((await client.get('/api/users')).status).to.equal(403)
  })
})

describe('replaceGroup', () => {
  it('answers 412 to a stale ETag', async () => {
    const root = await superuserClient()
    const { body: group } = await root.post('/api/groups').send({ name: 'hr', scopes: [] })
    const answer = await root.put(`/api/groups/${group.id}`).set('If-Match', '"stale"').send({ name: 'HR', scopes: [] })
    expect(answer.status).to.equal(412)
  })

  it('sets name and scopes', async () => {
    const root = await superuserClient()
    const { body: group } = await root.post('/api/groups').send({ name: 'hr', scopes: [] })
    const { status, body } = await root.put(`/api/groups/${group.id}`).send({ name: 'HR', scopes: ['users:read'] })
    expect(status).to.equal(200)
    expect(body).to.deep.equal({ id: group.id, name: 'HR', scopes: ['users:read'], members: 0 })
  })
})
