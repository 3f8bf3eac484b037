import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { expect } from 'chai'
import { type Database, freshDatabase, onSqlite } from './databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from './process.js'
import { sql } from './sql.js'

const KEY = 'q83vEjRWeJq83vAb5T0bSm3lVvLZr1hQ8yKkXw2N7cU='

describe('a server that lacks', function () {
  this.timeout(60_000)

  let database: Database
  let server: ServerProcess | undefined

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(async () => {
    await server?.stop('SIGKILL')
    server = undefined
    await database.remove()
  })

  const start = async (env: Record<string, string> = {}) => {
    server = await ServerProcess.start({ ...database.env, ...env })
  }

  describe('a key which another node has begun to use', () => {
    it('is 503 for what needs it, and its log names the key', async () => {
      const other = Buffer.from(KEY, 'base64').reverse().toString('base64')
      await start({ ...FIRST, LATCHKEY_SECRET_KEY: KEY })
      const ahead = await ServerProcess.start({ ...database.env, LATCHKEY_SECRET_KEY: `${other},${KEY}` })
      const value = await ahead.signIn()
      const [row] = await sql(database.env.DATABASE_URL, 'SELECT sealed_key FROM tokens')
      const answer = await server!.fetch('/gettoken/', { json: CREDENTIALS })
      expect(answer.status).to.equal(503)
      expect(answer.headers.get('retry-after')).to.equal('2')
      expect((await server!.fetch('/api/', { token: value })).status).to.equal(200)
      await server!.stop()
      await ahead.stop()
      const [failure] = server!.lines.filter(({ msg }) => msg === 'request failed')
      expect(JSON.stringify(failure)).to.contain(`lacks the key ${row!.sealed_key}`)
      expect(
        await sql(database.env.DATABASE_URL, "SELECT id FROM events WHERE action = 'token.unreadable'"),
      ).to.deep.equal([])
    })
  })

  onSqlite('a descriptor for a connection', () => {
    it('opens it when there is one', async () => {
      await start(FIRST)
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const headers = { authorization: `Token ${await server!.signIn()}` }
      const status = (path: string) =>
        new Promise((resolve, reject) =>
          get(`${server!.url}${path}`, { agent, headers }, (answer) =>
            answer.resume().on('end', () => resolve(answer.statusCode)),
          ).on('error', reject),
        )
      const limit = (count: number) => execFileSync('prlimit', [`--pid=${server!.child.pid}`, `--nofile=${count}:`])
      expect(await status('/api/')).to.equal(200)
      const open = new Set(readdirSync(`/proc/${server!.child.pid}/fd`).map(Number))
      let lowest = 0
      while (open.has(lowest)) lowest++
      limit(lowest)
      const paths = ['/api/emp_viewset', '/api/emp_viewset?empname=x']
      for (const path of [...paths, ...paths]) expect(await status(path), path).to.equal(503)
      limit(1024)
      for (const path of [...paths, '/readyz']) expect(await status(path), path).to.equal(200)
      agent.destroy()
    })
  })
})
