import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { freePort } from '../postgres.js'
import { expectWithin, ServerProcess } from '../process.js'
import { Gate, PROXIES } from './gates.js'

/** Those of the five minutes, as they are written: the start of Latchkey, that of a service, the scopes and a token, the check. */
const BLOCKS = [...readFileSync('docs/other-services.md', 'utf8').matchAll(/^ *```bash\n(.*?)^ *```$/gms)].map(
  ([, block]) => block!,
)

describe('docs/other-services.md and examples/', function () {
  this.timeout(60_000)
  let database: Database
  let latchkey: ServerProcess
  let service: ChildProcess
  let servicePort: number
  let room: string
  let token: string

  before(async () => {
    expect(BLOCKS).to.have.lengthOf(4)
    const [start, serve, add] = BLOCKS
    const settings = Object.fromEntries(
      [...start!.matchAll(/(LATCHKEY_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    )
    database = await freshDatabase()
    latchkey = await ServerProcess.start({ ...database.env, ...settings })
    servicePort = await freePort()
    service = spawn('bash', ['-c', `exec ${serve!.trim().replace('8100', String(servicePort))}`], { stdio: 'ignore' })
    await expectWithin(10_000, () =>
      fetch(`http://127.0.0.1:${servicePort}`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    room = await mkdtemp('build/proxies-')
    // Where it is installed, npx finds the command.
    const npx = `npx() { shift; '${process.execPath}' build/src/cli.js "$@"; }`
    const script = `set -e\n${npx}\n${add}\necho "$TOKEN"`
    token = (await bash(script, database.env)).trim().split('\n').at(-1)!
  })

  after(async () => {
    if (service?.kill()) await once(service, 'exit')
    await latchkey?.stop()
    await rm(room, { recursive: true, force: true })
    await database?.remove()
  })

  for (const kind of PROXIES)
    it(`lead from nothing to a check that prints what it says, by ${kind.name}`, async () => {
      const check = BLOCKS[3]!
      const promised = [...check.matchAll(/# (\d{3})$/gm)].map(([, status]) => status)
      expect(promised).to.include.members(['401', '200', '403'])
      const latchkeyPort = Number(new URL(latchkey.url).port)
      const gate = await Gate.start(kind, { latchkey: [latchkeyPort], service: servicePort, room })
      try {
        const script = check.replaceAll('localhost:8080', `127.0.0.1:${gate.port}`)
        expect((await bash(script, { TOKEN: token })).trim().split('\n')).to.deep.equal(promised)
      } finally {
        await gate.stop()
      }
    })

  it('have examples of at most 40 lines', () => {
    const files = readdirSync('examples')
    expect(files).to.have.lengthOf(4)
    for (const file of files)
      expect(readFileSync(`examples/${file}`, 'utf8').trimEnd().split('\n').length, file).to.be.at.most(40)
  })
})

async function bash(script: string, own: Record<string, string>): Promise<string> {
  // The suite's own key is not the one beside the database.
  const env = { ...process.env, LATCHKEY_SECRET_KEY: '', ...own }
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env })
  return stdout
}
