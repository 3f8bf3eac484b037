import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { writeRefusals } from '../src/audit/refusals.js'
import { freshDatabase } from './databases.js'
import { exampleBody, type Operation, operations } from './document.js'
import { ServerProcess } from './process.js'
import { everything } from './rows.js'
import { cookieFor, makeEmployees, makeUser, PASSWORD, raw } from './support.js'

/** Every way in which another site can make a browser send something, and how a browser marks it. */
const CROSS_SITE: Record<string, Record<string, string>> = {
  'without marks': {},
  'Sec-Fetch-Site: cross-site': { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  'Sec-Fetch-Site: same-site': { 'sec-fetch-site': 'same-site', origin: 'http://localhost:9000' },
  'Sec-Fetch-Site: none': { 'sec-fetch-site': 'none' },
  'an origin of its own': { origin: 'https://evil.example' },
  'an origin that begins like ours': { origin: 'http://localhost:8000.evil.example' },
  'another port of this machine': { origin: 'http://localhost:9000' },
  'Origin: null': { origin: 'null' },
  'a form': { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' },
  'text/plain': { 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' },
  'a form without marks': { 'content-type': 'application/x-www-form-urlencoded' },
  'text/plain without marks': { 'content-type': 'text/plain' },
}

const changing = operations.filter(
  ({ method, security, operationId }) =>
    method !== 'GET' && (security.length > 0 || operationId === 'createCurrentSession'),
)

/** Where other services ask by a credential of their own, which no browser adds by itself. */
const forServices = changing.filter(({ security }) => security.some((requirement) => 'Basic' in requirement))

/** What needs no credential and changes or counts something, but for the sign-in to the admin site. */
const open = operations.filter(
  ({ method, security, operationId }) =>
    method !== 'GET' && security.length === 0 && operationId !== 'createCurrentSession',
)

const NOT_FOREIGN: Record<string, Record<string, string>> = {
  'a program': {},
  'a page of ours': { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8000' },
  'a page of ours in an old browser': { origin: 'http://localhost:8000' },
  'the reader of a bookmark': { 'sec-fetch-site': 'none' },
}

describe('another site', () => {
  for (const operation of changing.filter((operation) => !forServices.includes(operation)))
    it(`cannot drive ${operation.operationId}, in no way that a browser has`, async () => {
      const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
      await makeEmployees({ empid: 101 })
      const cookie = await cookieFor(root)
      const before = JSON.stringify(await everything())
      const isSignIn = operation.operationId === 'createCurrentSession'
      const content = isSignIn ? { username: 'root', password: PASSWORD } : exampleBody(operation)
      const path = pathOf(operation, root.id)
      const done: string[] = []
      for (const [way, marks] of Object.entries(CROSS_SITE)) {
        const headers = { 'content-type': 'application/json', ...marks, cookie }
        const answer = await raw(operation.method, path, { headers, body: JSON.stringify(content) })
        const isRefused = answer.status === 403 && answer.headers['set-cookie'] === undefined
        if (!isRefused || JSON.stringify(await everything()) !== before)
          done.push(`${way}: ${answer.status} ${answer.text}`)
      }
      await raw('GET', path, { headers: { cookie, 'sec-fetch-site': 'cross-site' } })
      if (JSON.stringify(await everything()) !== before) done.push('by a GET')
      expect(done).to.deep.equal([])
    })

  for (const operation of forServices)
    it(`is nobody to ${operation.operationId}, where the cookie never counts, and neither is the admin site`, async () => {
      const cookie = await cookieFor(await makeUser({ username: 'root', isSuperuser: true, isStaff: true }))
      const body = JSON.stringify(exampleBody(operation))
      const statuses = new Set<number>()
      for (const marks of Object.values({ ...CROSS_SITE, ...NOT_FOREIGN })) {
        const headers = { ...marks, 'content-type': 'application/json', cookie }
        statuses.add((await raw(operation.method, operation.path, { headers, body })).status)
      }
      expect([...statuses]).to.deep.equal([401])
    })

  for (const operation of open)
    for (const [way, marks] of Object.entries(CROSS_SITE).filter(([, marks]) => isMarked(marks)))
      it(`cannot send ${operation.operationId}, which needs no credential: ${way}`, async () => {
        const answer = await sendOpen(operation, marks)
        expect(answer.status, answer.text).to.equal(403)
      })

  for (const operation of open)
    for (const [who, marks] of Object.entries(NOT_FOREIGN))
      it(`is not ${who}, who may send ${operation.operationId}`, async () => {
        expect((await sendOpen(operation, marks)).status).not.to.equal(403)
      })

  it('cannot use up the attempts of its reader', async () => {
    const root = await makeUser({ username: 'root' })
    const from = '127.0.7.1'
    const send = (password: string, marks: object) =>
      raw('POST', '/gettoken/', {
        from,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...marks },
        body: `username=${root.username}&password=${password}`,
      })
    for (let guess = 0; guess < 112; guess++)
      expect((await send('wrong', { 'sec-fetch-site': 'cross-site' })).status).to.equal(403)
    await writeRefusals('all')
    expect(await Event.count({ where: { action: 'login.failed', address: from } })).to.equal(0)
    expect((await send(encodeURIComponent(PASSWORD), {})).status).to.equal(200)
  })

  it('is distinguished from the admin site, which needs no Sec-Fetch-Site if Origin is right', async () => {
    const cookie = await cookieFor(await makeUser({ isStaff: true }))
    const send = (marks: Record<string, string>) =>
      raw('POST', '/api/emp_viewset', {
        headers: { cookie, 'content-type': 'application/json', ...marks },
        body: JSON.stringify({ empid: 101, empname: 'Srinu', salary: 1 }),
      })
    expect((await send({ origin: 'http://localhost:8000' })).status).to.equal(201)
  })

  it('gets no permission from CORS', async () => {
    const cookie = await cookieFor(await makeUser({ isStaff: true }))
    const { headers } = await raw('GET', '/api/', { headers: { cookie, origin: 'https://evil.example' } })
    expect(headers).not.to.have.property('access-control-allow-origin')
  })
})

describe('a session behind TLS', () => {
  it('lives in a cookie for TLS and this host alone', async () => {
    const [username, password] = ['Srinivas', 'tea-for-2-at-4']
    const database = await freshDatabase()
    const server = await ServerProcess.start({
      ...database.env,
      LATCHKEY_PUBLIC_URL: 'https://tokens.example.com',
      LATCHKEY_SUPERUSER_USERNAME: username,
      LATCHKEY_SUPERUSER_PASSWORD: password,
    })
    try {
      const signIn = (origin: string) =>
        fetch(`${server.url}/api/sessions/current`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Origin: origin },
          body: JSON.stringify({ username, password }),
        })
      expect((await signIn('http://tokens.example.com')).status).to.equal(403)
      const cookie = (await signIn('https://tokens.example.com')).headers.get('set-cookie')!
      expect(cookie).to.match(/^__Host-latchkey_session=lks_\w{49}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
      const [pair] = cookie.split(';')
      const withCookie = async (sent: string) =>
        (await fetch(`${server.url}/api/`, { headers: { Cookie: sent } })).status
      expect(await withCookie(pair!)).to.equal(200)
      expect(await withCookie(pair!.replace('__Host-', ''))).to.equal(401)
    } finally {
      await server.stop()
      await database.remove()
    }
  }).timeout(30_000)
})

function pathOf({ path, parameters }: Operation, userId: number) {
  return path
    .replace('{empid}', '101')
    .replace('/{session}', '/1')
    .replace('{id}', (whole) => (isOwn(path) ? whole : String(userId)))
    .replace(/\{\w+\}/, String(parameters?.find((parameter) => parameter.in === 'path')?.example))
}

/** Of a resource with keys of its own, which no example of ours names. */
function isOwn(path: string): boolean {
  return operations.some((operation) => operation.path === path.replace(/\{\w+\}$/, 'bulk'))
}

/** Whether a browser says where it comes from. */
function isMarked(marks: Record<string, string>) {
  return marks['sec-fetch-site'] !== 'none' && ('sec-fetch-site' in marks || 'origin' in marks)
}

function sendOpen(operation: Operation, marks: Record<string, string>) {
  return raw(operation.method, operation.path, {
    headers: { 'content-type': 'application/json', ...marks },
    body: JSON.stringify(exampleBody(operation)),
  })
}
