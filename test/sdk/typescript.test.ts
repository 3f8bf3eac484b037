import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { blockOf } from '../blocks.js'
import { ACCOUNT, describeClient, failureOf, SRINU, standIn } from './client.js'
import { examplesOf, type Target } from './consumer.js'

const EXAMPLES = {
  'page.ts': 'docs/clients.md',
  'guide.ts': 'docs/typescript-client.md',
  'package-readme.ts': 'src/document/sdk/typescript/README.md',
}

describeClient('the TypeScript client', (use) => {
  const complaints: Partial<Record<Target, string>> = {}

  before(async () => {
    use.consumer.copy('test/fixtures/typescript-client/types.ts', 'types.ts')
    for (const [name, file] of Object.entries(EXAMPLES))
      use.consumer.add(name, examplesOf(file, use.server.url).program)
    const compile = async (target: Target) => {
      complaints[target] = await use.consumer.compile(target)
    }
    await Promise.all([compile('Node'), compile('browsers')])
  })

  for (const target of ['Node', 'browsers'] as const)
    it(`compiles for ${target} with every check of the compiler`, () => {
      expect(complaints[target]).to.equal('')
    })

  it('is a package of its own, with no dependency', () => {
    const manifest = use.consumer.manifest()
    expect(manifest).to.include({ name: '@latchkey/client', license: 'MIT' }).and.not.have.property('dependencies')
    const outside = use.consumer.files.filter((file) => !/^dist\/.*\.(js|d\.ts)$/.test(file))
    expect(outside).to.have.members(['LICENSE', 'README.md', 'package.json'])
  })

  it('is made and packed by the commands of docs/typescript-client.md', async () => {
    const room = await mkdtemp(join(tmpdir(), 'latchkey-packed-'))
    // `npm run sdk` would also compile the project anew, which this test is a part of.
    const npm =
      'npm() { if [ "$1" = run ]; then node build/src/document/sdk/generate.js "$4"; else command npm "$@"; fi; }'
    const env = { ...process.env, npm_config_pack_destination: room }
    try {
      await promisify(execFile)('bash', ['-ec', `${npm}\n${blockOf('docs/typescript-client.md', 'npm run sdk')}`], {
        env,
      })
      expect((await readdir(room)).join()).to.match(/^latchkey-client-[\d.]+\.tgz$/)
    } finally {
      await rm(room, { recursive: true })
    }
  })

  for (const [name, file] of Object.entries(EXAMPLES))
    it(`does what the examples of ${file} say`, async () => {
      const { output } = examplesOf(file, use.server.url)
      expect(output).not.to.equal('')
      expect(await use.consumer.run(name.replace('.ts', '.js'))).to.equal(output)
    })

  it('creates, gets, replaces, changes, lists and deletes', async () => {
    const { sdk, client } = use
    const path = { empid: 101 }
    const created = await sdk.createEmployee({ client, body: SRINU })
    expect([created.data, created.response.status]).to.deep.equal([SRINU, 201])
    expect((await sdk.getEmployee({ client, path })).data).to.deep.equal(SRINU)
    const replaced = await sdk.replaceEmployee({ client, path, body: { ...SRINU, empname: 'Ravi' } })
    expect(replaced.data.empname).to.equal('Ravi')
    const changed = await sdk.updateEmployee({ client, path, body: { salary: '21000.50' } })
    expect(changed.data).to.deep.equal({ empid: 101, empname: 'Ravi', salary: '21000.50' })
    expect((await sdk.listEmployees({ client })).data).to.deep.equal([changed.data])
    expect((await sdk.deleteEmployee({ client, path })).response.status).to.equal(204)
    expect((await sdk.listEmployees({ client })).data).to.deep.equal([])
  })

  it('throws a 401 as a problem', async () => {
    const { sdk, server } = use
    const wrong = sdk.createClient({ baseUrl: server.url, token: 'lk_wrong' })
    const problem = await failureOf(sdk.listEmployees({ client: wrong }))
    expect(problem).to.be.instanceOf(sdk.ProblemError)
    expect(problem).to.include({ status: 401, message: 'GET /api/emp_viewset: 401 Invalid token.' })
  })

  it('throws a 404 as a problem with the id of the request', async () => {
    const { sdk, client } = use
    const { status, problem } = await failureOf(sdk.getEmployee({ client, path: { empid: 404 } }))
    expect([status, problem.type]).to.deep.equal([404, '/docs/problems/not-found'])
    expect(problem.instance).to.match(/^urn:uuid:/)
  })

  it('tells what is wrong with each field', async () => {
    const { sdk, client } = use
    const { errors } = await failureOf(sdk.createEmployee({ client, body: { empid: 1, empname: '' } }))
    expect(errors).to.have.all.keys('empname', 'salary')
  })

  it('tells which scopes are missing, and when a limit ends', async () => {
    const { sdk, client, server } = use
    const body = { name: 'report', scopes: ['employees:read'], rate_limit: { requests: 1, seconds: 60 } }
    const { data } = await sdk.createToken({ client, body })
    const report = sdk.createClient({ baseUrl: server.url, token: data.token, retries: 0 })
    const forbidden = await failureOf(sdk.createEmployee({ client: report, body: SRINU }))
    expect(forbidden.missingScopes).to.deep.equal(['employees:write'])
    const limited = await failureOf(sdk.listEmployees({ client: report }))
    expect(limited).to.include({ status: 429 })
    expect(limited.retryAfter).to.be.within(1, 60)
  })

  it('answers the problem instead of throwing it where that is asked for', async () => {
    const { sdk, client } = use
    const { data, error } = await sdk.getEmployee({ client, path: { empid: 404 }, throwOnError: false })
    expect(data).to.equal(undefined)
    expect(error).to.include({ status: 404, type: '/docs/problems/not-found' })
  })

  it('makes a problem of what a proxy answers', async () => {
    const { sdk } = use
    const { url } = await standIn(() => ({ status: 503, headers: { 'Retry-After': '7' }, body: 'Bad luck' }))
    const client = sdk.createClient({ baseUrl: url, retries: 0 })
    expect(await failureOf(sdk.listEmployees({ client }))).to.include({ status: 503, retryAfter: 7 })
  })

  it('leaves a network failure what fetch makes of it', async () => {
    const { sdk } = use
    const { url, close } = await standIn(() => ({}))
    close()
    const client = sdk.createClient({ baseUrl: url, token: 'lk_a', retries: 0 })
    for (const throwOnError of [true, false]) {
      const failure = await failureOf(sdk.listEmployees({ client, throwOnError }))
      expect(failure).to.be.instanceOf(TypeError).and.not.instanceOf(sdk.ProblemError)
    }
  })

  it('says nothing secret in its errors', async () => {
    const { sdk, server } = use
    const secret = 'not-for-everyone'
    const at = { baseUrl: server.url }
    const withAddress = { baseUrl: `http://me:${secret}@127.0.0.1` }
    const failures = [
      await failureOf(sdk.listEmployees({ client: sdk.createClient({ ...at, token: secret }) })),
      await failureOf(sdk.listEmployees({ client: sdk.createClient({ ...at, ...ACCOUNT, password: secret }) })),
      await failureOf((async () => sdk.createClient({ ...at, token: `${secret}\r\nX: 1` }))()),
      await failureOf((async () => sdk.createClient(withAddress))()),
    ]
    for (const { message, stack, ...rest } of failures)
      expect(`${message} ${stack} ${JSON.stringify(rest)}`).not.to.contain(secret)
  })
})
