import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { BUILT_IN } from '../src/identity/scopes/built-in.js'
import { clientFor, clientOf, clientWith, makeUser, superuserClient, TESTER } from './support.js'

async function payroll() {
  return Group.add({ name: 'payroll', scopes: ['users:read', 'employees:read'] }, TESTER)
}

describe('the members of a group', () => {
  it('are counted in its view, all users in everyone', async () => {
    const root = await superuserClient()
    const { id } = await payroll()
    for (const groups of [['payroll'], ['payroll'], []]) await makeUser({ groups })
    const { body } = await root.get('/api/groups')
    expect(body.map(({ name, members }: { name: string; members: number }) => [name, members])).to.deep.equal([
      ['everyone', 4],
      ['payroll', 2],
    ])
    expect((await root.get(`/api/groups/${id}`)).body.members).to.equal(2)
    expect((await root.patch(`/api/groups/${id}`).send({ name: 'wages' })).body.members).to.equal(2)
  })

  it('who come meanwhile make no save stale, and a cached copy old', async () => {
    const root = await superuserClient()
    const { id } = await payroll()
    const { etag } = (await root.get(`/api/groups/${id}`)).headers
    await makeUser({ groups: ['payroll'] })
    expect((await root.get(`/api/groups/${id}`).set('If-None-Match', etag!)).status).to.equal(200)
    const saved = await root
      .patch(`/api/groups/${id}`)
      .set('If-Match', etag!)
      .send({ scopes: ['users:read'] })
    expect(saved.status).to.equal(200)
    expect((await root.patch(`/api/groups/${id}`).set('If-Match', etag!).send({ scopes: [] })).status).to.equal(412)
    expect((await root.get(`/api/groups/${id}`).set('If-None-Match', saved.headers.etag!)).status).to.equal(304)
  })

  it('are listed by the name of the group', async () => {
    const root = await superuserClient()
    await payroll()
    await makeUser({ username: 'ravi', groups: ['payroll'] })
    await makeUser({ username: 'sita' })
    const namesIn = async (group: string) => {
      const { body, headers } = await root.get('/api/users').query({ group, count: true, ordering: 'username' })
      expect(headers['x-total-count']).to.equal(String(body.length))
      return body.map(({ username }: { username: string }) => username)
    }
    expect(await namesIn('payroll')).to.deep.equal(['ravi'])
    expect(await namesIn('everyone')).to.deep.equal(['ravi', 'root', 'sita'])
    expect(await namesIn("x' OR '1'='1")).to.deep.equal([])
  })
})

describe('listUserScopes', () => {
  it('tells what each scope comes from', async () => {
    await payroll()
    const ravi = await makeUser({ groups: ['payroll'] })
    const { body } = await (await superuserClient()).get(`/api/users/${ravi.id}/scopes`)
    expect(body).to.deep.equal([
      { scope: 'employees:read', from: ['everyone', 'payroll'] },
      { scope: 'employees:write', from: ['everyone'] },
      { scope: 'tokens:read', from: ['everyone'] },
      { scope: 'tokens:write', from: ['everyone'] },
      { scope: 'users:read', from: ['payroll'] },
    ])
  })

  it('gives a superuser every scope, and tells which would stay', async () => {
    const root = await makeUser({ isSuperuser: true })
    const { body } = await (await clientOf(root)).get(`/api/users/${root.id}/scopes`)
    expect(body.map(({ scope }: { scope: string }) => scope)).to.deep.equal([...BUILT_IN.keys()])
    expect(body).to.deep.include({ scope: 'tokens:read', from: ['superuser', 'everyone'] })
    expect(body).to.deep.include({ scope: 'users:write', from: ['superuser'] })
  })

  it('shows one’s own without users:read, as far as the token has them', async () => {
    const ravi = await makeUser()
    const other = await makeUser()
    const client = await clientFor(ravi, ['employees:read'])
    expect((await client.get(`/api/users/${ravi.id}/scopes`)).body).to.deep.equal([
      { scope: 'employees:read', from: ['everyone'] },
    ])
    expect((await client.get(`/api/users/${other.id}/scopes`)).status).to.equal(404)
  })

  it('answers 404 for nobody', async () => {
    expect((await (await clientWith('users:read')).get('/api/users/2147483647/scopes')).status).to.equal(404)
  })
})

describe('the description of a scope', () => {
  it('is a sentence, also of those that are built in', async () => {
    const { body } = await (await superuserClient()).get('/api/scopes')
    for (const { name, description } of body) expect(description, name).to.match(/^[A-Z].+[^.]\.$/)
    expect(body).to.deep.include({
      name: 'employees:write',
      description: 'Add, change and delete employees.',
      built_in: true,
    })
  })
})
