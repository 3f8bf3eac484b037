import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { Employee } from '../src/resources/employees/employee.js'
import { accountOf, anonymous, makeUser, raw, url } from './support.js'

const body = '{"empid": 1, "empname": "x", "salary": 1}'
let authorization: string

function post(text: string | Buffer, headers: Record<string, string | string[]> = {}) {
  return raw('POST', '/api/emp_viewset', {
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body: text,
  })
}

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

describe('a body', () => {
  beforeEach(async () => {
    authorization = `Token ${await accountOf(await makeUser())}`
  })

  afterEach(async () => {
    expect(await Employee.count(), 'rows').to.be.at.most(1)
  })

  const unsupported: [what: string, headers: Record<string, string>][] = [
    ['text/plain', { 'content-type': 'text/plain' }],
    ['no type', { 'content-type': '' }],
    ['application/xml', { 'content-type': 'application/xml' }],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['text/json', { 'content-type': 'text/json' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['UTF-16', { 'content-type': 'application/json; charset=utf-16' }],
    ['an unknown charset', { 'content-type': 'application/json; charset=bogus' }],
    ['merge patch', { 'content-type': 'application/merge-patch+json' }],
  ]
  for (const [what, headers] of unsupported)
    it(`of ${what} is 415, also without a token`, async () => {
      expect((await post(body, headers)).status).to.equal(415)
      expect((await post(body, { ...headers, authorization: '' })).status).to.equal(415)
    })

  for (const encoding of ['gzip', 'br', 'bogus'])
    it(`encoded as ${encoding} is 415`, async () => {
      expect((await post(gzipSync('x'.repeat(50_000_000)), { 'content-encoding': encoding })).status).to.equal(415)
    })

  for (const type of ['application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON'])
    it(`of ${type} is taken`, async () => {
      expect((await post(body, { 'content-type': type })).status).to.equal(201)
    })

  const unreadable: [what: string, text: string | Buffer][] = [
    ['cut off', '{"a":'],
    ['without quotes', '{empid: 1}'],
    ['with something behind', `${body}x`],
    ['NaN', '{"empid": NaN}'],
    ['with a byte order mark', `\ufeff${body}`],
    ['bad UTF-8', Buffer.from('{"empname": "\xff"}', 'latin1')],
    ['spaces', '  '],
    ['33 levels deep', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['30,000 levels deep', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['with a comment', `${body}/* */`],
    ['a list', '[1]'],
    ['text', '"x"'],
    ['null', 'null'],
    ['a key given twice', '{"empid": 1, "empid": 2, "empname": "x", "salary": 1}'],
    ['a key given twice, once escaped', '{"empid": 1, "\\u0065mpid": 2, "empname": "x", "salary": 1}'],
    ['__proto__', '{"empid": 1, "empname": "x", "salary": 1, "__proto__": {"a": 1}}'],
    ['constructor, nested', '{"empid": 1, "empname": {"constructor": 1}, "salary": 1}'],
    ['a secret', '{"empname": "hunter2'],
  ]
  for (const [what, text] of unreadable)
    it(`that is ${what} is 400, and is not repeated`, async () => {
      const answer = await post(text)
      expect(answer.status, answer.text).to.equal(400)
      expect(answer.text).not.to.contain('hunter2')
    })

  for (const name of ['toString', 'hasOwnProperty', 'then', 'length', 'valueOf'])
    it(`with the field ${name} is 400 and names it`, async () => {
      const { status, text } = await post(`{"empid": 1, "empname": "x", "salary": 1, "${name}": 1}`)
      expect(status).to.equal(400)
      expect(JSON.parse(text).errors).to.deep.equal({ [name]: ['This field is unknown.'] })
    })

  it('over 64 kB is 413', async () => {
    expect((await post(`{"a": "${'x'.repeat(65_536)}"}`)).status).to.equal(413)
  })

  it('on GET and DELETE is ignored', async () => {
    const headers = { authorization, 'content-type': 'application/json' }
    expect((await raw('GET', '/api/emp_viewset', { headers, body: '{' })).status).to.equal(200)
    expect((await raw('DELETE', '/api/emp_viewset/1', { headers, body: '{' })).status).to.equal(404)
  })

  it('that is missing is told field by field', async () => {
    const { status, text } = await raw('POST', '/api/emp_viewset', { headers: { authorization } })
    expect(status).to.equal(400)
    expect(JSON.parse(text).errors).to.have.all.keys('empid', 'empname', 'salary')
  })

  it('turns no POST into something else', async () => {
    const { status } = await post(body, { 'x-http-method-override': 'DELETE' })
    expect(status).to.equal(201)
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

  it('application/problem+json is served where a success has no body', async () => {
    const accept = 'application/problem+json'
    expect((await raw('DELETE', '/api/emp_viewset/1', { headers: { accept } })).status).to.equal(401)
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
