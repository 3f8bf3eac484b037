import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { hintOf } from '../src/identity/tokens/value.js'
import { type Database, freshDatabase } from './databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from './process.js'

interface Made {
  id: number
  token: string
  hint: string
}

describe('the log line of a request', function () {
  this.timeout(60_000)
  let database: Database
  let server: ServerProcess
  let account: string
  let reader: Made
  let revoked: Made

  before(async () => {
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST })
    account = await server.signIn()
    const make = async (wish: object) =>
      (await (await server.fetch('/api/tokens', { token: account, json: { name: 'test', ...wish } })).json()) as Made
    reader = await make({ scopes: ['employees:read'], rate_limit: { requests: 3, seconds: 3600 } })
    revoked = await make({ scopes: ['employees:read'] })
    const far = await make({ scopes: ['employees:read'], networks: ['203.0.113.0/24'] })
    await server.fetch(`/api/tokens/${revoked.id}`, { token: account, method: 'DELETE' })
    await server.fetch('/api/emp_viewset/1', { token: reader.token })
    await server.fetch('/api/emp_viewset/2', { token: reader.token, method: 'DELETE' })
    await server.fetch('/metrics', { token: reader.token })
    await server.fetch('/api/introspect', { token: account, json: { token: reader.token } })
    await server.fetch('/api/emp_viewset/3', { token: reader.token })
    await server.fetch('/api/emp_viewset/4', { token: revoked.token })
    await server.fetch('/api/emp_viewset/5', { token: far.token })
    await server.fetch('/api/emp_viewset/6', { token: `${reader.token.slice(0, -1)}~` })
    await server.fetch('/api/emp_viewset/7')
    await server.fetch('/gettoken/', { json: { ...CREDENTIALS, password: 'wrong' } })
    await server.stop()
  })

  after(() => database.remove())

  const line = (path: string) => server.lines.filter((line) => line.path === path).at(-1)!

  it('has the token, its user, and the operation', () => {
    expect(line('/api/emp_viewset/1')).to.include({
      operation: 'getEmployee',
      user_id: 1,
      token_id: reader.id,
      token_hint: hintOf(reader.token),
      address: '127.0.0.1',
    })
  })

  for (const [what, path, status, reason] of [
    ['a scope that the token lacks', '/api/emp_viewset/2', 403, 'token has the scopes'],
    ['the limit of a token', '/api/emp_viewset/3', 429, 'within the limit of the token'],
    ['a token that was revoked', '/api/emp_viewset/4', 401, 'not revoked'],
    ['a network', '/api/emp_viewset/5', 401, 'sent from an allowed network'],
    ['junk', '/api/emp_viewset/6', 401, 'value well-formed'],
    ['no token', '/api/emp_viewset/7', 401, 'Authentication credentials were not provided.'],
    ['a wrong password', '/gettoken/', 400, 'Unable to log in with provided credentials.'],
  ] as const)
    it(`tells why a request was refused: ${what}`, () => {
      expect(line(path)).to.include({ status, reason })
    })

  it('names the token also where it counts no more', () => {
    expect(line('/api/emp_viewset/4')).to.include({ token_id: revoked.id, user_id: 1 })
  })

  it('says who used a token on a day, and from where, by the grep of the documentation', async () => {
    const page = await readFile('docs/metrics.md', 'utf8')
    const [, command] = /^(grep .*token_id.*latchkey\.log)$/m.exec(page)!
    await writeFile(join(database.folder, 'latchkey.log'), server.log)
    const day = String(line('/api/emp_viewset/1').time).slice(0, 10)
    const today = command!.replace('2027-01-31', day).replace('":7,', `":${reader.id},`)
    const { stdout } = await promisify(execFile)('sh', ['-c', today], { cwd: database.folder })
    const found = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(found.map(({ path, address, user_id }) => [path, address, user_id])).to.deep.equal(
      ['/api/emp_viewset/1', '/api/emp_viewset/2', '/metrics', '/api/introspect', '/api/emp_viewset/3'].map((path) => [
        path,
        '127.0.0.1',
        1,
      ]),
    )
  })

  it('holds no value of a token', () => {
    for (const value of [account, reader.token, revoked.token]) expect(server.log).not.to.contain(value.slice(3, -4))
  })
})
