import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { freePort } from '../postgres.js'
import { expectWithin, FIRST, ServerProcess } from '../process.js'

/** Node.js finds no package of OpenTelemetry but the one that prom-client brings. */
const WITHOUT_PACKAGES = `--import=data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module'
  register('data:text/javascript,' + encodeURIComponent(\`
    export const resolve = (name, context, next) => {
      if (!/opentelemetry\\\\/(sdk|exporter)/.test(name)) return next(name, context)
      throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
    }\`))`)}`

describe('traces', function () {
  this.timeout(60_000)
  let database: Database

  before(async () => {
    database = await freshDatabase()
  })

  after(() => database.remove())

  const start = (env: Record<string, string>) => ServerProcess.start({ ...database.env, ...FIRST, ...env })

  const serves = async (server: ServerProcess) => {
    const token = await server.signIn()
    for (let count = 0; count < 50; count++)
      expect((await server.fetch('/api/emp_viewset', { token })).status).to.equal(200)
  }

  const told = ({ lines }: ServerProcess) =>
    lines
      .filter(({ msg }) => String(msg).includes('OTEL_EXPORTER_OTLP_ENDPOINT'))
      .map(({ level, msg }) => `${level}: ${msg}`)

  it('whose endpoint is away harm nothing, and the log says so once', async () => {
    const server = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    })
    await serves(server)
    await expectWithin(10_000, async () => told(server).length > 0)
    await serves(server)
    const started = performance.now()
    expect(await server.stop()).to.equal(0)
    expect(performance.now() - started).to.be.below(5000)
    expect(told(server)).to.deep.equal(['warn: traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT: ECONNREFUSED'])
  })

  it('whose endpoint takes what it is sent and says nothing hold no stop', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` })
    await serves(server)
    const started = performance.now()
    expect(await server.stop()).to.equal(0)
    expect(performance.now() - started).to.be.below(5000)
    silent.close()
  })

  it('are left out where the packages are missing, and the log says what to install', async () => {
    const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', NODE_OPTIONS: WITHOUT_PACKAGES })
    await serves(server)
    await server.stop()
    const [, command] = /^(npm install @opentelemetry.*)$/m.exec(await readFile('docs/metrics.md', 'utf8'))!
    expect(told(server)).to.deep.equal([`warn: OTEL_EXPORTER_OTLP_ENDPOINT is set, and no traces are sent: ${command}`])
  })
})
