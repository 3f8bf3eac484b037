import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { expect } from 'chai'
import { newValue } from '../src/identity/tokens/value.js'
import { freshDatabase } from './databases.js'
import { ServerProcess } from './process.js'

const token = newValue('lk')
const session = newValue('lks')
/** Of the first start, and of Django REST framework. */
const setup = randomBytes(32).toString('base64url')
const imported = randomBytes(20).toString('hex')
const half = token.slice(0, 30)

/** What a client asks for by mistake, and what the log may hold of it. */
const TARGETS: [target: string, logged: string][] = [
  [`/api/tokens/${token}`, '/api/tokens/lk_…'],
  [`/${session}/x`, '/lks_…/x'],
  [`/api/${half}`, '/api/lk_…'],
  [`/api/Token%20${token}`, '/api/Token lk_…'],
  [`/api/${token.replace('_', '%5F')}`, '/api/lk_…'],
  [`/api/%6c%6B_${token.slice(3)}`, '/api/lk_…'],
  [`/api/lk%255f${token.slice(3)}?a=b`, '/api/lk_…'],
  [`/${'x/'.repeat(245)}${token}`, `/${'x/'.repeat(245)}lk_…`],
  [`/api/lk%25252525${'5f'}${token.slice(3)}`, '/api/lk_…'],
  [`/admin/setup=${setup}`, '/admin/setup=…'],
  [`/admin/#setup=${setup}`, '/admin/'],
  [`/admin/%23setup=planted`, '/admin/'],
  [`/api/${imported}`, '/api/…'],
  [`/${token},${session}`, '/lk_…,lks_…'],
  ['http://user:planted@localhost/api/', 'http://…@localhost/api/'],
  ['http://user:planted?x@localhost/api/?a=b', '*'],
  ['http://localhost:planted/api/', '*'],
  ['http://localhost/api/?search=a@planted', 'http://…'],
  ['http://user:planted/x@localhost/api/', '*'],
  ['/to/http://user:planted@localhost/api/', '/to/http://…@localhost/api/'],
  ['/to/http%3A%2F%2Fuser%3Aplanted%40localhost/api/', '/to/http://…@localhost/api/'],
  ['/%2Fuser:planted%40localhost', '//…@localhost'],
  ['/api/emp_viewset%3Fsearch=planted', '/api/emp_viewset'],
  ['/api/emp_viewset%253Fsearch=planted', '/api/emp_viewset'],
  ['/api/%0a%7f', '/api/%0a%7f'],
  ['http://user:planted@x@localhost/api/', 'http://…@localhost/api/'],
  ['//user:planted@localhost/api/', '//…@localhost/api/'],
  [`http://localhost/${token}`, 'http://localhost/lk_…'],
  ['/api/emp_viewset/1?search=planted', '/api/emp_viewset/1'],
  ['/api/a@b/%41', '/api/a@b/%41'],
  ['/lk_short', '/lk_short'],
]

describe('the log of requests', () => {
  it('holds no value and no password of what was asked for', async () => {
    const database = await freshDatabase()
    const server = await ServerProcess.start(database.env)
    try {
      for (const [target] of TARGETS) await ask(Number(new URL(server.url).port), target)
      await server.stop()
      const paths = server.lines.filter(({ msg }) => msg === 'request').map(({ path }) => path)
      expect(paths).to.deep.equal(TARGETS.map(([, logged]) => logged))
      for (const secret of ['planted', half, token.slice(10), session.slice(10), setup, imported])
        expect(server.log).not.to.contain(secret)
    } finally {
      await server.stop()
      await database.remove()
    }
  }).timeout(30_000)
})

async function ask(port: number, target: string) {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  for await (const _ of socket);
}
