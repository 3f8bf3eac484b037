import { connect } from 'node:net'
import { expect } from 'chai'
import { accountOf, anonymous, makeUser, raw, url } from './support.js'

describe('a problem', () => {
  it('has the members of RFC 9457 and nothing of the inside', async () => {
    const { status, headers, text } = await raw('GET', '/nosuch')
    expect(status).to.equal(404)
    expect(headers['content-type']).to.equal('application/problem+json')
    const problem = JSON.parse(text)
    expect(problem).to.have.all.keys('type', 'title', 'status', 'detail', 'instance')
    expect(problem.type).to.equal('/docs/problems/not-found')
    expect(problem.instance).to.match(/^urn:uuid:[0-9a-f-]{36}$/)
    expect(headers).not.to.have.property('etag')
    expect(headers).not.to.have.property('x-powered-by')
  })
})

describe('a host', () => {
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:8000', '[::1]:8000', 'api.example.com'])
    it(`${host} is served, and links name it`, async () => {
      const value = await accountOf(await makeUser())
      const { status, text } = await raw('GET', '/api/', { headers: { host, authorization: `Token ${value}` } })
      expect(status).to.equal(200)
      expect(JSON.parse(text).emp_viewset).to.equal(`http://${host}/api/emp_viewset`)
    })

  for (const host of ['evil.example', 'api.example.com.evil.example', 'localhost@evil.example', 'x:y:z', ''])
    it(`${JSON.stringify(host)} is 400`, async () => {
      expect((await raw('GET', '/api/', { headers: { host } })).status).to.equal(400)
      expect((await raw('GET', '/docs/', { headers: { host } })).status).to.equal(400)
    })

  it('that is not served gets an error with the settings that serve it', async () => {
    const { text } = await raw('GET', '/api/', { headers: { host: 'evil.example' } })
    expect(JSON.parse(text).detail).to.contain('LATCHKEY_ALLOWED_HOSTS').and.contain('LATCHKEY_PUBLIC_URL')
  })

  it('is nobody’s business of /healthz and /readyz', async () => {
    for (const path of ['/healthz', '/readyz'])
      expect((await raw('GET', path, { headers: { host: 'evil.example' } })).status).to.equal(200)
  })

  it('in an absolute target counts too', async () => {
    expect((await raw('GET', 'http://evil.example/api/')).status).to.equal(400)
  })

  it('given twice is 400', async () => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write('GET /api/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).to.match(/^HTTP\/1\.1 400 /)
  })

  it('forwarded by a stranger is ignored', async () => {
    const value = await accountOf(await makeUser())
    const headers = {
      authorization: `Token ${value}`,
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    }
    expect(JSON.parse((await raw('GET', '/api/', { headers })).text).emp_viewset).to.equal(
      'http://localhost:8000/api/emp_viewset',
    )
  })
})

describe('Accept', () => {
  for (const accept of [
    '',
    '*/*',
    'application/*',
    'application/json; charset=utf-8',
    'text/html;q=0.9, application/json;q=0.1',
    'text/html, */*;q=0.1',
  ])
    it(`${JSON.stringify(accept)} is served`, async () => {
      expect((await raw('GET', '/api/', { headers: { accept } })).status).to.equal(401)
    })

  for (const accept of [
    'text/html',
    'application/xml',
    'application/json;q=0',
    'garbage',
    'application/vnd.api+json',
    'application/problem+json',
  ])
    it(`${accept} is 406`, async () => {
      expect((await raw('GET', '/api/', { headers: { accept } })).status).to.equal(406)
    })

  for (const accept of ['application/json', 'application/problem+json', 'application/json, application/problem+json'])
    it(`${accept} is served where a success is no JSON`, async () => {
      expect((await raw('GET', '/metrics', { headers: { accept } })).status).to.equal(401)
      expect((await raw('PUT', '/api/users/1/password', { headers: { accept } })).status).to.equal(401)
    })

  it('is 406 where neither the text of a success nor JSON is taken', async () => {
    expect((await raw('GET', '/metrics', { headers: { accept: 'application/xml' } })).status).to.equal(406)
  })

  for (const accept of ['text/csv', 'application/json;q=0', 'garbage', 'a/b,'.repeat(1000)])
    it(`${accept.slice(0, 20)} is served where an operation deletes`, async () => {
      const { status, headers } = await raw('DELETE', '/api/emp_viewset/1', { headers: { accept } })
      expect([status, headers['content-type']]).to.deep.equal([401, 'application/problem+json'])
      expect((await raw('DELETE', '/api/emp_viewset', { headers: { accept } })).status).to.equal(405)
    })
})

describe('OPTIONS', () => {
  it('is open, 204, and tells what there is', async () => {
    const { status, headers } = await raw('OPTIONS', '/api/emp_viewset/1')
    expect(status).to.equal(204)
    expect(headers.allow).to.equal('DELETE, GET, HEAD, OPTIONS, PATCH, PUT')
  })
})

describe('HEAD', () => {
  it('obeys the rule of GET and sends no body', async () => {
    expect((await raw('HEAD', '/api/emp_viewset')).status).to.equal(401)
  })
})

describe('paths', () => {
  for (const path of [
    '/.env',
    '/.git/config',
    '/package.json',
    '/docs/..%2f..%2fpackage.json',
    '/docs/../../package.json',
    '/API/',
    '/api//emp_viewset',
    '/v9/api/',
    '/docs/package.json',
    '/api/emp_viewset.json',
    '/%',
  ])
    it(`${path} is 404`, async () => {
      expect((await raw('GET', path)).status).to.equal(404)
    })

  it('/ sends a browser to the docs, and nobody else', async () => {
    const { status, headers } = await raw('GET', '/', { headers: { accept: 'text/html,*/*;q=0.8' } })
    expect(status).to.equal(302)
    expect(headers.location).to.equal('/docs/')
    expect((await raw('GET', '/')).status).to.equal(404)
  })
})

describe('every answer of the API', () => {
  it('carries the security headers and says how it may be cached', async () => {
    const { headers } = await anonymous().get('/api/emp_viewset')
    expect(headers).to.include({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    })
    expect(headers['content-security-policy']).to.contain("default-src 'none'")
    expect(headers.vary).to.equal('Accept, Authorization, Cookie')
  })
})
