import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, chown, copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { parse } from 'yaml'
import { freePort, type PostgresServer } from '../postgres.js'
import { expectWithin } from '../process.js'
import type { Image } from './image.js'
import { type Manifests, podsOf, readManifests } from './manifests.js'
import { type Cluster, Pod } from './pods.js'

const run = promisify(execFile)

/** As in CloudNativePG: the service of the primary, in the secret's `host` and, with the namespace, in its `uri`. */
const HOST = 'latchkey-database-rw'
const DATABASE = 'in_kubernetes'
/** The owner's name in README.md is the superuser's here. */
const OWNER = 'latchkey_owner'
const PUBLIC = 'tokens.example.com'
const ACCOUNT = { username: 'Srinivas', password: 'tea-for-2-at-4' }

/** Does what deploy/kubernetes says, without Kubernetes: its Job and its pods as processes, on a database with TLS. */
export class KubernetesReplay {
  private readonly pods: Pod[] = []
  private manifests!: Manifests
  private cluster!: Cluster
  private superuser!: pg.Client

  constructor(
    private readonly image: Image,
    private readonly postgres: PostgresServer,
    private readonly room: string,
  ) {}

  steps(): [name: string, work: () => Promise<void>][] {
    return [
      ['Kubernetes: the database, with the roles of its README', () => this.makeDatabase()],
      ['Kubernetes: the samples of the secrets are refused', () => this.refusesSamples()],
      ['Kubernetes: a pod that comes before the schema ends with a line that says so', () => this.comesTooEarly()],
      ["Kubernetes: the migration, with CloudNativePG's uri as it comes", () => this.migrate()],
      ['Kubernetes: two pods, without a right or a place to write to, serve', () => this.serve()],
      ['Kubernetes: what is spoken to the database is TLS, by a role that cannot create', () => this.connections()],
      ['Kubernetes: a pod that is told to stop does so in its time', () => this.stop()],
    ]
  }

  /** What all pods wrote. */
  get log(): string {
    return this.pods.map((pod) => pod.log).join('')
  }

  async remove(): Promise<void> {
    for (const pod of this.pods) await pod.stop('SIGKILL')
    await this.superuser?.end()
  }

  private async makeDatabase() {
    this.manifests = await readManifests()
    await mkdir(this.room)
    const connectionString = await this.postgres.createDatabase(DATABASE)
    this.superuser = new pg.Client({ connectionString })
    await this.superuser.connect()
    const ca = await this.speakTls()
    await this.superuser.query(`CREATE ROLE ${OWNER} LOGIN`)
    await this.superuser.query(`ALTER DATABASE ${DATABASE} OWNER TO ${OWNER}`)
    const readme = await readFile('deploy/kubernetes/README.md', 'utf8')
    const { spec } = parse(/```yaml\n(.*?)```/s.exec(readme)![1]!)
    for (const statement of spec.bootstrap.initdb.postInitApplicationSQL as string[])
      await this.superuser.query(statement.replace('FOR ROLE latchkey ', `FOR ROLE ${OWNER} `))
    const { namespace } = this.manifests.deployment.metadata!
    const { stdout: key } = await run('openssl', ['rand', '-base64', '32'])
    this.cluster = {
      configMaps: { latchkey: this.manifests.settings.data! },
      secrets: {
        latchkey: { 'secret-key': key },
        'latchkey-server': { username: spec.managed.roles[0].name, password: 'no-password-is-asked-for-here' },
        'latchkey-database-app': {
          ...{ host: HOST, port: '5432', dbname: DATABASE },
          uri: `postgresql://${OWNER}:none@${HOST}.${namespace}:5432/${DATABASE}`,
        },
        'latchkey-database-ca': { 'ca.crt': ca, 'ca.key': 'never given to a pod' },
      },
      fields: { 'status.podIP': '10.244.1.7', 'metadata.namespace': namespace! },
    }
  }

  /** @returns the authority's certificate */
  private async speakTls(): Promise<string> {
    const [key, certificate] = ['server.key', 'server.crt'].map((name) => join(this.room, name)) as [string, string]
    const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST},IP:127.0.0.1`]
    const files = ['-keyout', key, '-out', certificate]
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '1', ...subject, ...files])
    const { rows } = await this.superuser.query("SELECT current_setting('data_directory') AS data")
    for (const file of [key, certificate]) {
      const there = join(rows[0].data, file === key ? 'server.key' : 'server.crt')
      await copyFile(file, there)
      await chmod(there, 0o600)
      // PostgreSQL's user here, see postgres.ts.
      if (process.getuid?.() === 0) await chown(there, 65534, 65534)
    }
    await this.superuser.query('ALTER SYSTEM SET ssl = on')
    await this.superuser.query('SELECT pg_reload_conf()')
    await expectWithin(5000, async () => (await this.superuser.query('SHOW ssl')).rows[0].ssl === 'on')
    return readFile(certificate, 'utf8')
  }

  private async start(which: 'server' | 'migration', cluster = this.cluster): Promise<Pod> {
    const [server, migration] = podsOf(this.manifests)
    const { namespace } = this.manifests.deployment.metadata!
    const room = join(this.room, String(this.pods.length))
    await mkdir(room)
    const address = `127.0.0.1:${this.postgres.port}`
    const pod = await Pod.start({
      ...{ image: this.image, cluster, room, port: await freePort() },
      spec: which === 'server' ? server : migration,
      instead: { [`${HOST}.${namespace}:5432`]: address, [`${HOST}:5432`]: address },
    })
    this.pods.push(pod)
    return pod
  }

  private async refusesSamples() {
    const told = { latchkey: /LATCHKEY_SECRET_KEY/, 'latchkey-server': /DATABASE_URL/ }
    for (const { metadata, stringData } of this.manifests.secrets) {
      const name = metadata!.name as keyof typeof told
      const secrets = { ...this.cluster.secrets, [name]: stringData! }
      const pod = await this.start('server', { ...this.cluster, secrets })
      assert.equal(await pod.ends(), 1, pod.log)
      assert.match(pod.log, told[name])
    }
  }

  private async comesTooEarly() {
    const pod = await this.start('server')
    assert.equal(await pod.ends(), 1, pod.log)
    assert.match(pod.log, /latchkey migrate/)
  }

  private async migrate() {
    const pod = await this.start('migration')
    assert.equal(await pod.ends(), 0, pod.log)
    assert.match(pod.log, /^applied 0001-/m)
  }

  private async serve() {
    const [first, second] = [await this.start('server'), await this.start('server')]
    for (const pod of [first, second]) await pod.becomesReady()
    assert(await first.probe('livenessProbe'))
    // The address of a pod is a name for Prometheus, and no other address is one.
    assert.equal((await first.ask('/metrics', '10.244.1.7:8000')).status, 401)
    assert.equal((await first.ask('/metrics', '10.244.1.8:8000')).status, 400)
    const command = ['latchkey', 'createsuperuser', '--username', ACCOUNT.username]
    assert.equal(await first.execute(command, `${ACCOUNT.password}\n`), 0)
    const { text } = await first.ask('/gettoken/', PUBLIC, { json: ACCOUNT })
    const { token } = JSON.parse(text)
    const row = { empid: 101, empname: 'Srinu', salary: '20000.00' }
    const made = await first.ask('/api/emp_viewset', PUBLIC, { json: row, token })
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(JSON.parse((await second.ask('/api/emp_viewset/101', PUBLIC, { token })).text), row)
    const { text: root } = await second.ask('/api/', 'latchkey.latchkey.svc', { token })
    assert.deepEqual(JSON.parse(root), { emp_viewset: `https://${PUBLIC}/api/emp_viewset` })
  }

  private async connections() {
    const { rows } = await this.superuser.query(
      `SELECT usename, bool_and(ssl) AS ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
       WHERE datname = $1 AND pid <> pg_backend_pid() GROUP BY usename`,
      [DATABASE],
    )
    assert.deepEqual(rows, [{ usename: 'latchkey_server', ssl: true }])
    const { rows: rights } = await this.superuser.query(
      "SELECT has_schema_privilege('latchkey_server', 'public', 'CREATE') AS creates",
    )
    assert.deepEqual(rights, [{ creates: false }])
  }

  private async stop() {
    const { terminationGracePeriodSeconds, containers } = podsOf(this.manifests)[0]
    const seconds = terminationGracePeriodSeconds! - containers[0]!.lifecycle!.preStop!.sleep!.seconds
    const pod = this.pods.at(-1)!
    const began = performance.now()
    const ended = pod.stop('SIGTERM')
    await expectWithin(1000, async () => !(await pod.probe('readinessProbe')))
    assert.equal(await ended, 0)
    assert(performance.now() - began < seconds * 1000)
  }
}
