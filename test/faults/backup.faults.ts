import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { isSqlite } from '../../src/platform/database/connection.js'
import { type Database, freshDatabase } from '../databases.js'
import { latchkey, ServerProcess } from '../process.js'
import { sql } from '../sql.js'

/** 10 in full. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 2)

const CLIENTS = 20

/** Rows that are there from the start, so that a backup takes a while. */
const ROWS = 200_000

// The dependency that brings PostgreSQL brings no pg_dump.
if (isSqlite)
  describe('a backup during a load of creates', function () {
    this.timeout(60_000 + ROUNDS * 60_000)

    let database: Database
    let server: ServerProcess
    let tokens: string[]

    before(async () => {
      database = await freshDatabase()
      const run = async (args: string, input = '') => latchkey(args.split(' '), database.env, input)
      await run('createsuperuser --username root', 'tea-for-2-at-4\n')
      const personal = await run('token create root --name load --scope employees:read employees:write')
      tokens = [(await run('token create root')).stdout.trim(), personal.stdout.trim()]
      await sql(
        database.env.DATABASE_URL!,
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${ROWS})
         INSERT INTO employees (empid, empname, salary) SELECT -n, 'row ' || n, 1 FROM n`,
      )
      server = await ServerProcess.start({ ...database.env, LATCHKEY_LOG_LEVEL: 'info' })
    })

    after(async () => {
      await server.stop('SIGKILL')
      await database.remove()
    })

    for (let round = 1; round <= ROUNDS; round++)
      it(`has every row that was acknowledged before it began, and tokens that work (round ${round})`, async () => {
        const load = new Load(server, tokens[1]!, round * 1_000_000)
        while (load.acknowledged.length < 100) await wait(10)
        const copy = join(database.folder, `restored-${round}`, 'db.sqlite3')
        mkdirSync(join(database.folder, `restored-${round}`))
        const [before, started] = [[...load.acknowledged], performance.now()]
        const backup = await latchkey(['backup', copy, '--json'], database.env)
        const took = performance.now() - started
        const meanwhile = load.acknowledged.length - before.length
        await load.stop()
        expect(backup).to.include({ code: 0, stderr: '' })
        expect(load.refused, 'a create that was not 201').to.deep.equal([])

        copyFileSync(JSON.parse(backup.stdout).server_key, `${copy}.key`)
        const env = { DATABASE_URL: `sqlite:${copy}` }
        expect(await latchkey(['doctor'], env)).to.include({ code: 0 })
        const rows = await sql(env.DATABASE_URL, `SELECT empid FROM employees WHERE empid >= ${load.first}`)
        const kept = new Set(rows.map(({ empid }) => empid as number))
        expect(
          before.filter((empid) => !kept.has(empid)),
          'lost',
        ).to.deep.equal([])
        expect(
          [...kept].filter((empid) => empid >= load.next),
          'sent by nobody',
        ).to.deep.equal([])
        const restored = await ServerProcess.start({ ...env, LATCHKEY_LOG_LEVEL: 'info' })
        for (const token of tokens)
          expect((await restored.fetch(`/api/emp_viewset/${before.at(-1)}`, { token })).status).to.equal(200)
        await restored.stop()
        console.log(
          `      ${before.length} acknowledged before, ${meanwhile} within the ${Math.round(took)} ms of the command, ` +
            `${kept.size} in the copy; the slowest create took ${Math.round(load.slowest)} ms`,
        )
      })

    it('leaves nothing behind when it is stopped, and no complete file when it is killed', async () => {
      const folder = join(database.folder, 'stopped')
      mkdirSync(folder)
      const copy = join(folder, 'copy.sqlite3')
      const stopped = await beginBackup(copy)
      stopped.kill('SIGTERM')
      expect((await once(stopped, 'exit'))[0]).to.equal(1)
      expect(readdirSync(folder)).to.deep.equal([])
      const killed = await beginBackup(copy)
      killed.kill('SIGKILL')
      await once(killed, 'exit')
      const { code, stderr } = await latchkey(['migrate', 'status'], { DATABASE_URL: `sqlite:${copy}` })
      expect([code, stderr]).to.deep.equal([
        1,
        `latchkey: DATABASE_URL: ${copy} is empty; restore it, or delete it to start afresh\n`,
      ])
    })

    /** Resolves while it copies. */
    async function beginBackup(copy: string): Promise<ChildProcess> {
      const child = spawn(process.execPath, ['build/src/cli.js', 'backup', copy], {
        env: { ...process.env, ...database.env },
        stdio: 'ignore',
      })
      while (!existsSync(copy)) await wait(1)
      return child
    }
  })

/** Clients that create rows one after the other, each with an empid of its own. */
class Load {
  readonly acknowledged: number[] = []
  readonly refused: number[] = []
  next: number
  slowest = 0
  private going = true
  private readonly clients: Promise<void>[]

  constructor(
    private readonly server: ServerProcess,
    private readonly token: string,
    readonly first: number,
  ) {
    this.next = first
    this.clients = Array.from({ length: CLIENTS }, () => this.create())
  }

  async stop(): Promise<void> {
    this.going = false
    await Promise.all(this.clients)
  }

  private async create() {
    while (this.going) {
      const [empid, started] = [this.next++, performance.now()]
      const json = { empid, empname: 'x', salary: 1 }
      const { status } = await this.server.fetch('/api/emp_viewset', { token: this.token, json })
      if (status === 201) this.acknowledged.push(empid)
      else this.refused.push(status)
      this.slowest = Math.max(this.slowest, performance.now() - started)
    }
  }
}
