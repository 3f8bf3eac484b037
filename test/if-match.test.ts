import { expect } from 'chai'
import { writeUses } from '../src/identity/access/usage.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { clientOf, clientWithValue, makePersonal, makeUser, superuserClient } from './support.js'

describe('If-Match of what changes by itself', () => {
  it('takes the tag of a token that was used and rotated since', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value } = await makePersonal(user)
    const path = `/api/tokens/${token.id}`
    const read = await client.get(path)
    await clientWithValue(value).get('/api/emp_viewset')
    await writeUses()
    await client.post(`${path}/rotate`).send({ overlap_seconds: 60 })
    expect((await client.get(path).set('If-None-Match', read.headers.etag!)).status).to.equal(200)
    expect((await client.patch(path).set('If-Match', read.headers.etag!).send({ name: 'x' })).status).to.equal(200)
  })

  it('is stale when somebody else has changed the token', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token } = await makePersonal(user)
    const { etag } = (await client.get(`/api/tokens/${token.id}`)).headers
    const change = (name: string) => client.patch(`/api/tokens/${token.id}`).set('If-Match', etag!).send({ name })
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, number) => change(`name ${number}`)))
    expect(statuses.map(({ status }) => status).sort()).to.deep.equal([200, ...Array(19).fill(412)])
  })

  it('compares all of a tag of one digest, as 0.1.0 gave them', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value } = await makePersonal(user)
    const path = `/api/tokens/${token.id}`
    const tag = (await client.get(path)).headers.etag!.replace(/\..*(?=")/, '')
    expect((await client.patch(path).set('If-Match', tag).send({})).status).to.equal(200)
    await clientWithValue(value).get('/api/emp_viewset')
    await writeUses()
    expect((await client.patch(path).set('If-Match', tag).send({})).status).to.equal(412)
  })

  it('takes the tag of a user who has signed in since, also behind a proxy that compresses', async () => {
    const root = await superuserClient()
    const { id } = await makeUser({ isStaff: true })
    const { etag } = (await root.get(`/api/users/${id}`)).headers
    await write((transaction) => User.update({ lastLogin: new Date() }, { where: { id }, transaction }))
    const read = await root.get(`/api/users/${id}`).set('If-None-Match', etag!)
    expect([read.status, read.headers.etag === etag]).to.deep.equal([200, false])
    const change = (email: string, tag: string) => root.patch(`/api/users/${id}`).set('If-Match', tag).send({ email })
    const tags = [etag!, etag!.replace(/"$/, '-gzip"'), etag!.replace(/"$/, '--gzip"'), `W/${etag}`]
    // What is changed is what it was, so that the next tag is no stale one.
    for (const tag of tags) expect((await change('', tag)).status).to.equal(200)
    expect((await change('a@example.com', etag!)).status).to.equal(200)
    for (const tag of tags) expect((await change('', tag)).status).to.equal(412)
  })
})
