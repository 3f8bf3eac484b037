import { expect } from 'chai'
import { freshDatabase } from './databases.js'
import { exampleBody, operations } from './document.js'
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

describe('another site', () => {
  for (const operation of changing)
    it(`cannot drive ${operation.operationId}, in no way that a browser has`, async () => {
      const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
      await makeEmployees({ empid: 101 })
      const cookie = await cookieFor(root)
      const before = JSON.stringify(await everything())
      const isSignIn = operation.operationId === 'createCurrentSession'
      const content = isSignIn ? { username: 'root', password: PASSWORD } : exampleBody(operation)
      const path = pathOf(operation.path, root.id)
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

  it('may send what needs no credential, where the cookie counts for nothing', async () => {
    // It was 403, which the document does not declare there.
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const headers = {
      'content-type': 'application/json',
      'sec-fetch-site': 'cross-site',
      cookie: await cookieFor(root),
    }
    const { status } = await raw('POST', '/gettoken/', {
      headers,
      body: JSON.stringify({ username: 'root', password: PASSWORD }),
    })
    expect(status).to.equal(200)
  })

  it('is told apart from the admin site, which needs no Sec-Fetch-Site where Origin is right', async () => {
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

function pathOf(path: string, userId: number) {
  return path.replace('{empid}', '101').replace('/{session}', '/1').replace('{id}', String(userId))
}
