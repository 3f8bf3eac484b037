import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import type { User } from '../src/identity/users/user.js'
import { clientOf, cookieFor, makePersonal, makeUser, raw } from './support.js'

const HERE = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }

const get = (path: string, cookie: string) => raw('GET', path, { headers: { cookie } })

describe('listSessions, deleteSession and deleteSessions', () => {
  let sita: User
  let cookie: string
  const here = (own = cookie) => ({ ...HERE, cookie: own })
  const list = async (own = cookie) =>
    JSON.parse((await get('/api/sessions', own)).text) as { id: number; is_current: boolean; created_at: string }[]

  beforeEach(async () => {
    sita = await makeUser({ username: 'sita' })
    cookie = await cookieFor(sita)
  })

  it("list the user's own sessions, newest first, without a value", async () => {
    await cookieFor(await makeUser({ username: 'ravi' }))
    const newer = await cookieFor(sita)
    const answer = await get('/api/sessions', cookie)
    expect(JSON.parse(answer.text).map(({ is_current }: { is_current: boolean }) => is_current)).to.deep.equal([
      false,
      true,
    ])
    expect((await list(newer)).map(({ is_current }) => is_current)).to.deep.equal([true, false])
    expect(answer.text).not.to.contain('lks_')
  })

  it('end one of them, and take its cookie away where it is the one of the request', async () => {
    const other = await cookieFor(sita)
    const [newest, own] = await list()
    const answer = await raw('DELETE', `/api/sessions/${newest!.id}/`, { headers: here() })
    expect([answer.status, answer.headers['set-cookie']]).to.deep.equal([204, undefined])
    expect((await get('/api/', other)).status).to.equal(401)
    const last = await raw('DELETE', `/api/sessions/${own!.id}`, { headers: here() })
    expect(last.status).to.equal(204)
    expect(last.headers['set-cookie']![0]).to.match(/^latchkey_session=; .*Max-Age=0$/)
    expect((await get('/api/', cookie)).status).to.equal(401)
    expect(await Event.count({ where: { action: 'session.ended', object: `user:${sita.id}` } })).to.equal(2)
  })

  it('find no session of another, no token, and none that has ended', async () => {
    const ravi = await cookieFor(await makeUser({ username: 'ravi', isSuperuser: true }))
    const { token } = await makePersonal(sita)
    const [session] = await list()
    await raw('DELETE', `/api/sessions/${session!.id}`, { headers: here() })
    const own = await cookieFor(sita)
    for (const id of [token.id, session!.id, (await list(ravi))[0]!.id])
      expect((await raw('DELETE', `/api/sessions/${id}`, { headers: here(own) })).status).to.equal(404)
    // A superuser ends another's by the user, not here.
    const [current] = await list(own)
    expect((await raw('DELETE', `/api/sessions/${current!.id}`, { headers: here(ravi) })).status).to.equal(404)
    expect((await get('/api/', own)).status).to.equal(200)
  })

  it("end all but the one of the request, with one event, and nobody else's", async () => {
    const others = [await cookieFor(sita), await cookieFor(sita)]
    const ravi = await cookieFor(await makeUser({ username: 'ravi' }))
    const { value } = await makePersonal(sita)
    const end = () => raw('DELETE', '/api/sessions', { headers: here() })
    expect((await end()).status).to.equal(204)
    expect((await end()).status).to.equal(204)
    for (const other of others) expect((await get('/api/', other)).status).to.equal(401)
    for (const good of [cookie, ravi]) expect((await get('/api/', good)).status).to.equal(200)
    expect((await raw('GET', '/api/', { headers: { authorization: `Token ${value}` } })).status).to.equal(200)
    const ended = await Event.findAll({ where: { action: 'session.ended' } })
    expect(ended.map(({ detail }) => detail)).to.deep.equal(['sessions ended 2'])
  })

  it('leave one of two that end each other at the same moment', async () => {
    const other = await cookieFor(sita)
    const answers = await Promise.all(
      [cookie, other].map((own) => raw('DELETE', '/api/sessions', { headers: here(own) })),
    )
    expect(answers.map(({ status }) => status)).to.have.members([204, 401])
    const statuses = await Promise.all([cookie, other].map(async (own) => (await get('/api/', own)).status))
    expect(statuses).to.have.members([200, 401])
  })

  it('take an account token, to which none of them is the current one', async () => {
    const client = await clientOf(sita)
    expect(
      (await client.get('/api/sessions')).body.map(({ is_current }: { is_current: boolean }) => is_current),
    ).to.deep.equal([false])
    await client.delete('/api/sessions').expect(204)
    expect((await get('/api/', cookie)).status).to.equal(401)
    await client.get('/api/').expect(200)
  })

  it('take no personal token, whatever its scopes', async () => {
    const [{ id } = { id: 0 }] = await list()
    const { value } = await makePersonal(sita, { scopes: ['tokens:read', 'tokens:write'] })
    const headers = { authorization: `Token ${value}` }
    for (const [method, path] of [
      ['GET', '/api/sessions'],
      ['DELETE', '/api/sessions'],
      ['DELETE', `/api/sessions/${id}`],
    ] as const) {
      const { status, text } = await raw(method, path, { headers })
      expect([status, JSON.parse(text).detail]).to.deep.equal([403, 'A personal token cannot list or end sessions.'])
    }
    expect((await get('/api/', cookie)).status).to.equal(200)
  })

  it('say what they take, and have a HEAD', async () => {
    const allowed = async (path: string) => (await raw('OPTIONS', path)).headers.allow
    expect(await allowed('/api/sessions')).to.equal('DELETE, GET, HEAD, OPTIONS')
    expect(await allowed('/api/sessions/1')).to.equal('DELETE, OPTIONS')
    expect((await raw('POST', '/api/sessions', { headers: here(), body: '{}' })).status).to.equal(405)
    const head = await raw('HEAD', '/api/sessions/', { headers: { cookie } })
    expect([head.status, head.text]).to.deep.equal([200, ''])
  })
})
