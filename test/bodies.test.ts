import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { Employee } from '../src/resources/employees/employee.js'
import { accountOf, makeUser, raw, url } from './support.js'

const body = '{"empid": 1, "empname": "x", "salary": 1}'
let authorization: string

function post(text: string | Buffer, headers: Record<string, string | string[]> = {}) {
  return raw('POST', '/api/emp_viewset', {
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body: text,
  })
}

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
    ['30,000 elements', `{"empid": [${'1,'.repeat(30_000)}1]}`],
    ['5,000 members', `{${Array.from({ length: 5000 }, (_, index) => `"m${index}":1`)}}`],
    ['5,000 lists', `{"empid": [${'[],'.repeat(5000)}[]]}`],
    ['quotes without an end', `"${'\\"'.repeat(32_000)}`],
    ['a key given twice in a list', '{"empid": [{"a": ",{", "a": 1}], "empname": "x", "salary": 1}'],
    ['a key given twice, with a colon in it', '{"a\\":": 1, "a\\":": 2}'],
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

  for (const [what, value] of Object.entries({
    'a list of what is allowed': { message: "should be one of the following; ['hunter2']" },
    'a sentence of its own': { message: 'hunter2' },
    'an issue of its own': [{ 'body.salary': { message: 'hunter2', value: 'hunter2' } }],
    'a union’s message': {
      message: 'Could not match the union against any of the items. Issues: [{"a":{"message":"hunter2"}}]',
    },
    'quotes and braces': 'hunter2"}},{"body.salary":{"message":"hunter2',
    'a name': { hunter2: 1 },
  }))
    it(`has a value in it that looks like ${what}, which is not repeated`, async () => {
      for (const field of ['salary', 'empname', 'empid']) {
        const { status, text } = await post(JSON.stringify({ empid: 1, empname: 'x', salary: 1, [field]: value }))
        if (status === 201) continue
        expect(status).to.equal(400)
        expect(text).not.to.contain('hunter2')
      }
    })

  it('with signs in its text is read as it is', async () => {
    const empname = '{"a":[1,{}]},{"a"'
    expect((await post(JSON.stringify({ empid: 1, empname, salary: 1 }))).status).to.equal(201)
    expect((await Employee.findOne())!.empname).to.equal(empname)
  })

  it('with many unknown fields gets errors for 20, with 100 characters of a name', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `${'x'.repeat(200)}${index}`)
    const many = await post(JSON.stringify(Object.fromEntries(names.map((name, index) => [`${index}${name}`, 1]))))
    expect(many.status).to.equal(400)
    expect(Object.keys(JSON.parse(many.text).errors)).to.have.lengthOf(20)
    const long = await post(JSON.stringify({ empid: 1, empname: 'x', salary: 1, [names[0]!]: 1 }))
    expect(JSON.parse(long.text).errors).to.deep.equal({ ['x'.repeat(100)]: ['This field is unknown.'] })
  })

  for (const path of ['/gettoken/', '/api/sessions/current', '/api/setup', '/api/password-link', '/api/tokens/report'])
    it(`over 8 kB is 413 for ${path}, which needs no credential`, async () => {
      const send = (length: number) =>
        raw('POST', path, {
          headers: { 'content-type': 'application/json', origin: 'http://localhost:8000' },
          body: JSON.stringify({ other: 'x'.repeat(length) }),
        })
      expect((await send(8000)).status).to.equal(400)
      const { status, text } = await send(8192)
      expect(status).to.equal(413)
      expect(JSON.parse(text).detail).to.equal('The body is larger than 8 kB.')
    })

  it('of two types is 415, because a proxy may have read the other one', async () => {
    const types = ['application/json', 'text/plain']
    expect((await post(body, { 'content-type': types })).status).to.equal(415)
    expect((await post(body, { 'content-type': types.reverse() })).status).to.equal(415)
  })

  it('over 64 kB is 413', async () => {
    expect((await post(`{"a": "${'x'.repeat(65_536)}"}`)).status).to.equal(413)
  })

  it('on GET and DELETE is ignored', async () => {
    const headers = { authorization, 'content-type': 'application/json' }
    expect((await raw('GET', '/api/emp_viewset', { headers, body: '{' })).status).to.equal(200)
    expect((await raw('DELETE', '/api/emp_viewset/1', { headers, body: '{' })).status).to.equal(404)
  })

  it('that is missing gets an error for each field', async () => {
    const { status, text } = await raw('POST', '/api/emp_viewset', { headers: { authorization } })
    expect(status).to.equal(400)
    expect(JSON.parse(text).errors).to.have.all.keys('empid', 'empname', 'salary')
  })

  it('turns no POST into something else', async () => {
    const { status } = await post(body, { 'x-http-method-override': 'DELETE' })
    expect(status).to.equal(201)
  })
})

describe('a response before the body has come', () => {
  const HEAD = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n'

  for (const [what, start] of Object.entries({
    403: `POST /gettoken/ HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\n${HEAD}\r\n`,
    404: `POST /nowhere HTTP/1.1\r\n${HEAD}\r\n`,
    405: `PUT /gettoken/ HTTP/1.1\r\n${HEAD}\r\n`,
    406: `POST /gettoken/ HTTP/1.1\r\nAccept: text/html\r\n${HEAD}\r\n`,
    '406 of a long Accept': `POST /gettoken/ HTTP/1.1\r\nAccept: ${'a/b,'.repeat(600)}\r\n${HEAD}\r\n`,
    '400 of a host': `POST /gettoken/ HTTP/1.1\r\n${HEAD.replace('localhost', 'evil.example')}\r\n`,
    '431 of many lines': `POST /gettoken/ HTTP/1.1\r\n${'a:\r\n'.repeat(4096)}${HEAD}\r\n`,
    '200 of a health check': `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`,
    '204 of OPTIONS': `OPTIONS /gettoken/ HTTP/1.1\r\n${HEAD}\r\n`,
    '413 of a length': `POST /gettoken/ HTTP/1.1\r\n${HEAD.replace('100', '100000')}\r\n`,
    '404 of a body in chunks': `POST /nowhere HTTP/1.1\r\n${HEAD.replace('Content-Length: 100', 'Transfer-Encoding: chunked')}\r\n5\r\n`,
    '415 of an encoding': `POST /gettoken/ HTTP/1.1\r\nContent-Encoding: gzip\r\n${HEAD}\r\n`,
    '401 of a DELETE': `DELETE /api/emp_viewset/1 HTTP/1.1\r\n${HEAD}\r\n`,
    '401 of a GET': `GET /api/ HTTP/1.1\r\n${HEAD}\r\n{`,
    '200 of a page': `GET /docs/problems/ HTTP/1.1\r\n${HEAD}\r\n`,
  }))
    it(`closes the connection: ${what}`, async () => {
      const text = await textOf(start)
      expect(text).to.match(new RegExp(`^HTTP/1\\.1 ${what.slice(0, 3)} `))
      expect(text).to.match(/^Connection: close\r$/im)
    })

  for (const [what, start] of Object.entries({
    'whose length is too much': HEAD.replace('100', '100000'),
    'that goes on and on': `${HEAD.replace('Content-Length: 100', 'Transfer-Encoding: chunked')}\r\n4000\r\n${' '.repeat(0x4000)}`,
  }))
    it(`is 413 for one ${what}, at once and not when its time is over`, async () => {
      const started = performance.now()
      const text = await textOf(`POST /gettoken/ HTTP/1.1\r\n${start}\r\n`)
      expect(text).to.match(/^HTTP\/1\.1 413 /)
      expect(performance.now() - started).to.be.below(1500)
    })

  it('is 400 for one that comes a byte at a time, and not for one in a hundred pieces', async () => {
    const head = HEAD.replace('Content-Length: 100', 'Transfer-Encoding: chunked').replace(
      '\r\n',
      '\r\nConnection: close\r\n',
    )
    const send = (pieces: number, closed = '0\r\n\r\n') =>
      textOf(`POST /gettoken/ HTTP/1.1\r\n${head}\r\n1\r\n{\r\n${'1\r\n \r\n'.repeat(pieces)}1\r\n}\r\n${closed}`)
    expect(JSON.parse((await send(100)).split('\r\n\r\n')[1]!).errors).to.have.all.keys('username', 'password')
    expect(JSON.parse((await send(1100)).split('\r\n\r\n')[1]!).detail).to.contain('pieces')
  })

  it('that did come leaves it open', async () => {
    const body = '{"username": "a", "password": "b"}'
    const length = HEAD.replace('100', String(body.length))
    const [read, ignored] = [`POST /gettoken/ HTTP/1.1\r\n${length}`, `DELETE /api/emp_viewset/1 HTTP/1.1\r\n${length}`]
    const text = await textOf(
      `${read}\r\n${body}${ignored}\r\n${body}GET /api/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).to.deep.equal(['400', '401', '401'])
  })

  /** What comes until the server closes. */
  async function textOf(request: string): Promise<string> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write(request)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    return Buffer.concat(chunks).toString('utf8')
  }
})
