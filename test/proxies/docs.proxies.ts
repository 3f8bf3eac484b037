import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { Gate, PROXIES } from './gates.js'
import { Authority } from './people.js'
import { EchoService } from './service.js'

describe('docs/other-services.md and examples/', function () {
  this.timeout(60_000)
  let database: Database
  let latchkey: Authority
  let service: EchoService
  let room: string
  let token: string

  before(async () => {
    database = await freshDatabase()
    latchkey = await Authority.start(database.env)
    service = await EchoService.start()
    room = await mkdtemp('build/proxies-')
    token = (await latchkey.give(await latchkey.add())).value
  })

  after(async () => {
    await latchkey?.stop()
    service?.close()
    await rm(room, { recursive: true, force: true })
    await database?.remove()
  })

  for (const kind of PROXIES)
    it(`have a first check that prints what it says, by ${kind.name}`, async () => {
      const [, block] = /^ *```bash\n(.*?)^ *```$/ms.exec(readFileSync('docs/other-services.md', 'utf8'))!
      const promised = [...block!.matchAll(/# (\d{3})$/gm)].map(([, status]) => status)
      expect(promised).to.include.members(['401', '200'])
      const gate = await Gate.start(kind, { latchkey: [latchkey.port], service: service.port, room })
      try {
        const script = block!.replaceAll('localhost:8080', `127.0.0.1:${gate.port}`)
        const { stdout } = await promisify(execFile)('bash', ['-c', script], { env: { ...process.env, TOKEN: token } })
        expect(stdout.trim().split('\n')).to.deep.equal(promised)
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
