import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import pg from 'pg'
import { blockOf } from '../blocks.js'
import { FIRST, latchkey, refusedStart, ServerProcess } from '../process.js'
import { useAll } from './everything.js'
import { Cluster, PgBouncer } from './installed.js'

/** Everything that is not the system's, by its schema. */
const PLACES = `SELECT nspname AS schema, count(*)::int AS tables FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind IN ('r', 'S', 'v') AND nspname !~ '^(pg_|information_schema)' GROUP BY nspname ORDER BY nspname`

const key = () => randomBytes(32).toString('base64')

describe('a database that is shared', function () {
  this.timeout(180_000)

  let cluster: Cluster

  before(async () => {
    cluster = await Cluster.primary()
  })

  after(() => cluster?.remove())

  describe('by two services, each with a schema, and a third that has tables of the same names, behind PgBouncer', () => {
    let pooler: PgBouncer
    let first: ServerProcess
    let second: ServerProcess
    const urlOf = (schema: string) => `${pooler.urlOf('shared')}?schema=${schema}`
    const environments = ['one', 'Two-2'].map((schema) => ({ schema, LATCHKEY_SECRET_KEY: key() }))
    const envOf = ({ schema, LATCHKEY_SECRET_KEY }: (typeof environments)[number]) => ({
      DATABASE_URL: urlOf(schema),
      LATCHKEY_SECRET_KEY,
    })

    before(async () => {
      await cluster.query('CREATE DATABASE shared')
      await cluster.query(
        `CREATE TABLE users (planted TEXT); CREATE TABLE tokens (planted TEXT); CREATE TABLE migrations (planted TEXT);
         CREATE SCHEMA elsewhere; ALTER DATABASE shared SET search_path = elsewhere`,
        'shared',
      )
      pooler = await PgBouncer.start(cluster.port, { pool_mode: 'transaction', default_pool_size: 3 })
      first = await ServerProcess.start({ ...FIRST, ...envOf(environments[0]!) })
      second = await ServerProcess.start({ ...FIRST, ...envOf(environments[1]!) })
    })

    after(async () => {
      await first?.stop('SIGKILL')
      await second?.stop('SIGKILL')
      await pooler?.remove()
    })

    it('do all that they do at the same time, and touch nothing of each other', async () => {
      const counts = await Promise.all([
        useAll(first, envOf(environments[0]!)),
        useAll(second, envOf(environments[1]!)),
      ])
      console.log(`      ${counts.join(' and ')} requests`)
      const places = await cluster.query(PLACES, 'shared')
      expect(places.map(({ schema }) => schema)).to.deep.equal(['Two-2', 'one', 'public'])
      expect(places[0]!.tables).to.equal(places[1]!.tables)
      expect(places[2]!.tables).to.equal(3)
      const token = await first.signIn()
      expect((await first.fetch('/api/', { token })).status).to.equal(200)
      expect((await second.fetch('/api/', { token })).status).to.equal(401)
    })

    it('do not wait for each other to migrate', async () => {
      await cluster.query('CREATE DATABASE held')
      const { LATCHKEY_SECRET_KEY } = environments[0]!
      const at = (schema: string) => ({
        DATABASE_URL: `${cluster.urlOf('held')}?schema=${schema}`,
        LATCHKEY_SECRET_KEY,
      })
      const holder = new pg.Client({ connectionString: cluster.urlOf('held') })
      await holder.connect()
      await holder.query("SELECT pg_advisory_lock(hashtext('latchkey in one'))")
      const ended: string[] = []
      const migrate = async (schema: string) => {
        expect((await latchkey(['migrate'], at(schema))).code).to.equal(0)
        ended.push(schema)
      }
      const waiting = migrate('one')
      await migrate('two')
      expect(ended).to.deep.equal(['two'])
      await holder.end()
      await waiting
    })
  })

  describe('with a role of the server that may read and write rows alone', () => {
    const LATCHKEY_SECRET_KEY = key()
    const as = (role: string, parameters = '?schema=tokens') => ({
      DATABASE_URL: cluster.urlOf('owned').replace('latchkey:', `${role}:`) + parameters,
      LATCHKEY_SECRET_KEY,
    })
    const statements = blockOf('docs/production.md', 'GRANT USAGE')
      .replaceAll('latchkey_', '')
      .replaceAll('SCHEMA latchkey', 'SCHEMA tokens')
      .split(/;\s+/)
    const [USAGE, GRANT, DEFAULT] = statements as [string, string, string]
    let server: ServerProcess | undefined

    before(async () => {
      await cluster.query('CREATE ROLE owner LOGIN; CREATE ROLE server LOGIN')
      await cluster.query('CREATE DATABASE owned OWNER owner')
      await cluster.query(
        'REVOKE CREATE, TEMPORARY ON DATABASE owned FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC',
        'owned',
      )
    })

    after(() => server?.stop('SIGKILL'))

    it('a start before the schema is there says what to run', async () => {
      const { code, stderr } = await refusedStart(as('server'))
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: 0001-users, [^\n]* run `latchkey migrate` once with [^\n]*\n$/)
    })

    it('a start without rights on the schema, and one without rights on its tables, say so', async () => {
      expect((await latchkey(['migrate'], as('owner'))).code).to.equal(0)
      expect((await refusedStart(as('server'))).stderr).to.match(
        /^latchkey: the role of DATABASE_URL may not look at the database \(permission denied for schema tokens\); [^\n]*\n$/,
      )
      await cluster.query(`${USAGE}; GRANT SELECT ON tokens.migrations TO server`, 'owned')
      await cluster.query('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA tokens TO server', 'owned')
      const { stderr } = await refusedStart(as('server'))
      expect(stderr)
        .to.match(/^latchkey: DATABASE_URL: the role server has not all rights on [^\n]*\n$/)
        .and.contain(GRANT)
    })

    it('with the grants of docs/production.md does all that it does', async () => {
      await cluster.query(GRANT, 'owned')
      server = await ServerProcess.start({ ...FIRST, ...as('server') })
      await useAll(server, as('server'), as('owner'))
      const owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'tokens'"
      expect(await cluster.query(owners, 'owned')).to.deep.equal([{ tableowner: 'owner' }])
    })

    it('imports too, with rights on the counters', async () => {
      await cluster.query('GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA tokens TO server', 'owned')
      const csv = 'username,email\nlata,lata@example.com\n'
      expect((await latchkey(['import', 'csv', '-'], as('server'), csv)).code).to.equal(0)
    })

    it('a start of a later version says what to run, and goes on once the owner has run it, without another grant', async () => {
      await cluster.query(DEFAULT, 'owned')
      await server!.stop()
      await cluster.query(
        `DELETE FROM tokens.migrations WHERE name = '0037-ended';
         DROP INDEX tokens.tokens_revoked_at; DROP INDEX tokens.one_time_links_expires_at`,
        'owned',
      )
      expect((await refusedStart(as('server'))).stderr).to.match(
        /^latchkey: 0037-ended must be applied first, and this role may not do it \(must be owner of table tokens\): run [^\n]*\n$/,
      )
      expect((await latchkey(['migrate'], as('owner'))).stdout).to.equal('applied 0037-ended\n')
      server = await ServerProcess.start(as('server'))
      expect((await server.fetch('/readyz')).status).to.equal(200)
    })
  })
})
