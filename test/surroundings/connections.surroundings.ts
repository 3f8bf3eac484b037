import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { NoServerError, openClient } from '../../src/platform/database/servers.js'
import { parsePostgresUrl } from '../../src/platform/postgres-url.js'
import { freePort } from '../postgres.js'
import { FIRST, latchkey, refusedStart, ServerProcess } from '../process.js'
import { Authority } from './certificates.js'
import { Cluster, give } from './installed.js'

const LATCHKEY_SECRET_KEY = randomBytes(32).toString('base64')

/** How the sessions of the service came to the server. */
const SESSIONS = `SELECT DISTINCT client_addr::text AS address, ssl, client_dn FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
  WHERE application_name LIKE 'latchkey/%' AND datname = current_database()`

describe('the ways to PostgreSQL', function () {
  this.timeout(120_000)

  let cluster: Cluster
  let files: string
  let server: ServerProcess | undefined
  let database: string
  let count = 0

  before(async () => {
    cluster = await Cluster.primary(async (folder) => {
      files = join(folder, 'files')
      await mkdir(files)
      const authority = await Authority.in(files)
      const { certificate, key } = await authority.sign('server', 'localhost')
      for (const file of [certificate, key]) await give(file)
      await authority.sign('client', 'latchkey')
      await authority.sign('ended', 'latchkey', -1)
      await authority.sign('stranger', 'stranger')
      await mkdir(join(files, 'other'))
      await Authority.in(join(files, 'other'))
      const access = [
        'local all all trust',
        'hostnossl all all 127.0.0.1/32 trust',
        'hostssl all all 127.0.0.1/32 cert',
      ]
      await writeFile(join(folder, 'data/pg_hba.conf'), `${access.join('\n')}\n`)
      const given = { ssl_cert_file: certificate, ssl_key_file: key, ssl_ca_file: authority.certificate }
      return ['ssl = on', ...Object.entries(given).map(([name, value]) => `${name} = '${value}'`)]
    })
  })

  after(() => cluster?.remove())

  beforeEach(async () => {
    database = `ways_${++count}`
    await cluster.query(`CREATE DATABASE ${database}`)
  })

  afterEach(async () => {
    await server?.stop('SIGKILL')
    server = undefined
  })

  const start = async (DATABASE_URL: string) => {
    server = await ServerProcess.start({ ...FIRST, DATABASE_URL, LATCHKEY_SECRET_KEY })
    expect((await server.fetch('/api/emp_viewset', { token: await server.signIn() })).status).to.equal(200)
  }
  const refusal = async (DATABASE_URL: string) => {
    const { code, stderr } = await refusedStart({ DATABASE_URL, LATCHKEY_SECRET_KEY })
    expect(code).to.equal(1)
    return stderr
  }
  const at = (name: string) => encodeURIComponent(join(files, name))
  const sessions = () => cluster.query(SESSIONS, database)

  describe('a Unix socket', () => {
    it('is named by a parameter', async () => {
      await start(`postgres:///${database}?host=${cluster.folder}&port=${cluster.port}&user=latchkey`)
      expect(await sessions()).to.deep.equal([{ address: null, ssl: false, client_dn: null }])
    })

    it('is named as the host, percent-encoded, and has no TLS', async () => {
      const host = encodeURIComponent(cluster.folder)
      await start(`postgres://latchkey@${host}:${cluster.port}/${database}?sslmode=verify-full`)
      expect(await sessions()).to.deep.equal([{ address: null, ssl: false, client_dn: null }])
    })

    it('serves the command too', async () => {
      const DATABASE_URL = `postgres:///${database}?host=${cluster.folder}&port=${cluster.port}&user=latchkey`
      const { code, stdout } = await latchkey(['migrate'], { DATABASE_URL })
      expect([code, stdout]).to.deep.equal([0, stdout])
      expect(stdout).to.match(/^applied 0001-users, /)
    })

    it('that does not exist is reported in one line', async () => {
      const url = `postgres:///${database}?host=${cluster.folder}/absent&user=latchkey`
      expect(await refusal(url)).to.match(/^latchkey: [^\n]*\/absent:5432 connect ENOENT [^\n]*\n$/)
    })
  })

  describe('TLS', () => {
    const url = (parameters: string, host = 'localhost') =>
      `postgres://latchkey@${host}:${cluster.port}/${database}?${parameters}`
    const client = (name: string) => `sslcert=${at(`${name}.pem`)}&sslkey=${at(`${name}.key`)}`
    const root = (name = 'authority.pem') => `sslrootcert=${at(name)}`

    it('with a certificate of the client, which is its user', async () => {
      await start(url(`sslmode=verify-full&${root()}&${client('client')}`))
      expect(await sessions()).to.deep.equal([{ address: '127.0.0.1/32', ssl: true, client_dn: '/CN=latchkey' }])
    })

    it('by an address that the certificate does not name, with verify-ca', async () => {
      await start(url(`sslmode=verify-ca&${root()}&${client('client')}`, '127.0.0.1'))
      expect(await sessions()).to.deep.equal([{ address: '127.0.0.1/32', ssl: true, client_dn: '/CN=latchkey' }])
    })

    const refused: [what: string, parameters: () => string, said: RegExp, host?: string][] = [
      ['a client without a certificate', () => root(), /connection requires a valid client certificate/],
      ['one that has ended', () => `${root()}&${client('ended')}`, /refuses the client's certificate: .*expired/],
      [
        'one of another user',
        () => `${root()}&${client('stranger')}`,
        /certificate authentication failed for user "latchkey"/,
      ],
      [
        'a server of another authority',
        () => `${root('other/authority.pem')}&${client('client')}`,
        /has a certificate that is not accepted: /,
      ],
      [
        'a server of another name',
        () => `${root()}&${client('client')}`,
        /has a certificate that is not accepted: .*does not match/,
        '127.0.0.1',
      ],
      [
        'a key of another certificate',
        () => `${root()}&sslcert=${at('client.pem')}&sslkey=${at('ended.key')}`,
        /sslcert and sslkey cannot be used together: key values mismatch/,
      ],
      [
        'a file that holds no certificate',
        () => `${root('client.key')}&${client('client')}`,
        /the file that sslrootcert names holds no certificate/,
      ],
      [
        'a file that is not there',
        () => `${root()}&sslcert=${at('absent')}&sslkey=${at('client.key')}`,
        /the file that sslcert names cannot be read/,
      ],
    ]
    for (const [what, parameters, said, host] of refused)
      it(`refuses ${what} in one line`, async () => {
        const stderr = await refusal(url(`sslmode=verify-full&${parameters()}`, host))
        expect(stderr)
          .to.match(said)
          .and.match(/^latchkey: [^\n]*\n$/)
      })

    it('refuses a key that others can read', async () => {
      const key = join(files, 'client.key')
      await chmod(key, 0o644)
      try {
        expect(await refusal(url(`sslmode=verify-full&${root()}&${client('client')}`))).to.match(
          /^latchkey: DATABASE_URL: the file that sslkey names can be read by others; [^\n]*\n$/,
        )
      } finally {
        await chmod(key, 0o600)
      }
    })
  })

  describe('several servers', () => {
    let silent: Server

    before(async () => {
      silent = createServer(() => {}).listen(0, '127.0.0.1')
      await once(silent, 'listening')
    })

    after(() => silent?.close())

    const url = (ports: (number | string)[], parameters = '') =>
      `postgres://latchkey@${ports.map((port) => `127.0.0.1:${port}`).join(',')}/${database}${parameters}`

    it('are tried in order: one that refuses and one that hangs are passed over, and requests do not wait for them', async () => {
      await start(url([await freePort(), (silent.address() as AddressInfo).port, cluster.port]))
      const token = await server!.signIn()
      const started = performance.now()
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => server!.fetch('/api/emp_viewset?search=x', { token })),
      )
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
      expect(performance.now() - started).to.be.below(2000)
    })

    it('that do not exist are named in one line', async () => {
      const [first, second] = [await freePort(), await freePort()]
      const stderr = await refusal(url([first, second]))
      expect(stderr).to.match(
        new RegExp(
          `^latchkey: 127\\.0\\.0\\.1:${first} connect ECONNREFUSED [^\n]*; 127\\.0\\.0\\.1:${second} connect ECONNREFUSED [^\n]*\n$`,
        ),
      )
    })

    it('are not tried after one that says there is no such database', async () => {
      const wrong = url([cluster.port, await freePort()]).replace(/[^/]*$/, 'absent')
      expect(await refusal(wrong)).to.equal('latchkey: database "absent" does not exist\n')
    })

    it('that take no writes are passed over, with target_session_attrs=read-write', async () => {
      await cluster.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`)
      expect(await refusal(url([cluster.port], '?target_session_attrs=read-write'))).to.match(
        /^latchkey: 127\.0\.0\.1:\d+ takes no writes\n$/,
      )
    })

    const sources: [kind: string, isFound: boolean][] = [
      ['any', true],
      ['read-only', true],
      ['prefer-standby', true],
      ['read-write', false],
      ['standby', false],
    ]
    for (const [kind, isFound] of sources)
      it(`are ${isFound ? 'a source' : 'no source'} to read with target_session_attrs=${kind}, where one takes no writes`, async () => {
        await cluster.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`)
        const config = parsePostgresUrl(url([await freePort(), cluster.port], `?target_session_attrs=${kind}`))
        const client = await openClient(config, config.session!, 5000).catch((error: Error) => error)
        expect(client).to.be.instanceOf(isFound ? pg.Client : NoServerError)
        if (client instanceof pg.Client) await client.end()
      })
  })
})
