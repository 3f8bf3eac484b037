import { expect } from 'chai'
import pg from 'pg'
import { isSqlite } from '../src/platform/database/connection.js'
import { type Database, emptyDatabase } from './databases.js'
import { freePort } from './postgres.js'
import { expectWithin, FIRST, refusedStart, ServerProcess } from './process.js'
import { sql } from './sql.js'

let database: Database

if (!isSqlite)
  describe('a start on PostgreSQL', function () {
    this.timeout(60_000)

    beforeEach(async () => {
      database = await emptyDatabase()
    })

    it('without a key is refused and names the variable', async () => {
      const { code, stderr } = await refusedStart({ ...database.env, LATCHKEY_SECRET_KEY: '' })
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY is missing[^\n]*\n$/)
    })

    it('without a server is refused in one line, without the password', async () => {
      const url = new URL(database.env.DATABASE_URL)
      url.port = String(await freePort())
      const { code, stderr } = await refusedStart({ ...database.env, DATABASE_URL: url.href })
      expect(code).to.equal(1)
      expect(stderr)
        .to.match(/^latchkey: [^\n]*ECONNREFUSED[^\n]*\n$/)
        .and.not.contain('planted')
    })

    it('in a schema of its own, by a search path, makes its tables there once', async () => {
      const { DATABASE_URL } = database.env
      const name = new URL(DATABASE_URL).pathname.slice(1)
      await sql(DATABASE_URL, `CREATE SCHEMA own; ALTER DATABASE ${name} SET search_path = own`)
      for (let round = 0; round < 2; round++) {
        const server = await ServerProcess.start({ ...database.env, ...FIRST })
        expect((await server.fetch('/api/', { token: await server.signIn() })).status).to.equal(200)
        await server.stop()
      }
      const places = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('migrations', 'users', 'events')"
      expect(await sql(DATABASE_URL, places)).to.deep.equal([{ schemaname: 'own' }])
    })

    it('with a search path that leads nowhere is refused in one line, and makes nothing', async () => {
      const { DATABASE_URL } = database.env
      await sql(DATABASE_URL, `ALTER DATABASE ${new URL(DATABASE_URL).pathname.slice(1)} SET search_path = nowhere`)
      const { code, stderr } = await refusedStart(database.env)
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: [^\n]*search_path[^\n]*\n$/)
      const made = "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
      expect(await sql(DATABASE_URL, made)).to.deep.equal([])
    })

    it('of five nodes at once migrates in one of them, and makes one superuser', async () => {
      // Each statement that makes a table leaves the number of its session, if its transaction is committed.
      const run = (statement: string) => sql(database.env.DATABASE_URL, statement)
      await run('CREATE SCHEMA seen CREATE TABLE makers (pid INTEGER NOT NULL)')
      await run(`CREATE FUNCTION seen.note() RETURNS event_trigger LANGUAGE plpgsql
          AS 'BEGIN INSERT INTO seen.makers VALUES (pg_backend_pid()); END';
        CREATE EVENT TRIGGER seen ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION seen.note()`)
      const makers = () => run('SELECT DISTINCT pid FROM seen.makers')

      // They meet at the lock that whoever migrates takes.
      const holder = new pg.Client({ connectionString: database.env.DATABASE_URL })
      await holder.connect()
      await holder.query("SELECT pg_advisory_lock(hashtext('latchkey'))")
      const env = { ...database.env, ...FIRST }
      const starting = Array.from({ length: 5 }, () => ServerProcess.start(env))
      const sessions = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'latchkey/%'
        AND query LIKE '%pg_try_advisory_xact_lock%'`
      try {
        await expectWithin(30_000, async () => (await run(sessions)).length === 5)
        expect(await makers()).to.deep.equal([])
        await holder.end()
        for (const node of await Promise.all(starting)) expect((await node.fetch('/readyz')).status).to.equal(200)
        expect(await makers()).to.have.lengthOf(1)
        expect(await run('SELECT is_superuser FROM users')).to.deep.equal([{ is_superuser: true }])
      } finally {
        await holder.end()
        for (const node of await Promise.allSettled(starting))
          if (node.status === 'fulfilled') await node.value.stop('SIGKILL')
      }
    })
  })
