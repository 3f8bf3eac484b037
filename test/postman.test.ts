import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { NewmanRunOptions, NewmanRunSummary } from 'newman'
import { freshDatabase } from './databases.js'
import { operations } from './document.js'
import { ServerProcess } from './process.js'

interface Item {
  name: string
  request: { method: string; url: { raw: string }; body?: { raw: string } }
}

const FILE = 'spec/postman_collection.json'
const ADMINISTRATOR = { username: 'Srinivas', password: 'admin123' }

/** Options of newman. */
const TWICE = { iterationCount: 2 }

const [sevenSteps, ...folders]: { name: string; item: Item[] }[] = JSON.parse(readFileSync(FILE, 'utf8')).item

describe('the Postman collection', function () {
  this.timeout(60_000)
  let server: ServerProcess
  let remove: () => Promise<void>

  before(async () => {
    const database = await freshDatabase()
    remove = database.remove
    server = await ServerProcess.start({
      ...database.env,
      LATCHKEY_SUPERUSER_USERNAME: ADMINISTRATOR.username,
      LATCHKEY_SUPERUSER_PASSWORD: ADMINISTRATOR.password,
    })
  })

  after(async () => {
    await server.stop()
    await remove()
  })

  it('passes with the folder of the seven steps alone, and again', async () => {
    const outcome = await run(server, { ...TWICE, folder: sevenSteps!.name })
    expect(outcome).to.deep.equal(passed(sevenSteps!.item, server))
  })

  it('passes from top to bottom, and again', async () => {
    const items = [sevenSteps!, ...folders].flatMap(({ item }) => item)
    expect(await run(server, TWICE)).to.deep.equal(passed(items, server))
  })

  it('deletes what it makes', async () => {
    await run(server)
    const { token } = (await (await server.fetch('/gettoken/', { json: ADMINISTRATOR })).json()) as { token: string }
    const rows = async (path: string) => (await (await server.fetch(path, { token })).json()) as unknown[]
    expect(await rows('/api/users'), 'the administrator').to.have.lengthOf(1)
    expect(await rows('/api/groups'), 'the built-in one').to.have.lengthOf(1)
    expect(await rows('/api/tokens?state=active'), 'the account token').to.have.lengthOf(1)
    expect(await rows('/api/emp_viewset')).to.deep.equal([])
  })

  it('has every operation of the document', () => {
    const requests = folders.flatMap(({ item }) => item.map(({ request }) => `${request.method} ${request.url.raw}`))
    const documented = operations.map(({ method, path }) => `${method} {{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}`)
    expect(requests.map((request) => request.split('?')[0])).to.include.members(documented)
  })

  it('begins with the seven steps of the README', () => {
    const steps = [...readFileSync('README.md', 'utf8').matchAll(/^# (\d)\. .*\ncurl (.*)$/gm)].map(
      ([, number, curl]) => ({
        number,
        method: /-X (\w+)/.exec(curl!)?.[1] ?? 'GET',
        url: /http:\S+/.exec(curl!)![0].replace('http://localhost:8000', '{{baseUrl}}'),
        body: JSON.parse(/-d '(.*)'/.exec(curl!)?.[1] ?? 'null'),
      }),
    )
    const requests = sevenSteps!.item.map(({ name, request: { method, url, body } }) => ({
      number: name[0],
      method,
      url: url.raw,
      body: filledIn(body?.raw),
    }))
    expect(requests).to.have.lengthOf(7).and.to.deep.equal(steps)
  })

  it('names the address once, so that who serves it can put another one there', () => {
    expect(readFileSync(FILE, 'utf8').split('http://localhost:8000')).to.have.lengthOf(2)
  })

  it('is made of the document without a warning, with the same bytes each time', () => {
    const before = readFileSync(FILE)
    const { status, stdout, stderr } = spawnSync(process.execPath, ['build/src/document/postman.js'], {
      encoding: 'utf8',
    })
    expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(FILE).equals(before), 'other bytes').to.equal(true)
  })
})

/** What `run` tells when each of these requests has met its expectation, both times. */
function passed(items: Item[], { url }: ServerProcess) {
  return { failures: [], assertions: 2 * items.length, origins: [url] }
}

/** Runs it as somebody does who has just imported it; the second time, cookies and variables are still there. */
async function run(server: ServerProcess, options: Partial<NewmanRunOptions> = {}) {
  // Loaded here, since it takes a second and no other test needs it.
  const { default: newman } = await import('newman')
  const summary = await new Promise<NewmanRunSummary>((resolve, reject) =>
    newman.run(
      {
        collection: FILE,
        envVar: [{ key: 'baseUrl', value: server.url }],
        timeout: 25_000,
        timeoutRequest: 10_000,
        timeoutScript: 5_000,
        ...options,
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    ),
  )
  const { executions, failures, stats } = summary.run
  return {
    failures: failures.map(({ source, error }) => `${source?.name}: ${error.message}`),
    assertions: stats.assertions.total,
    origins: [...new Set(executions.map(({ request }) => new URL(request.url.toString()).origin))],
  }
}

function filledIn(body = 'null') {
  return JSON.parse(
    body.replace('{{username}}', ADMINISTRATOR.username).replace('{{password}}', ADMINISTRATOR.password),
  )
}
