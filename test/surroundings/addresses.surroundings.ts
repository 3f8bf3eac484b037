import { get } from 'node:http'
import { expect } from 'chai'
import { type Database, emptyDatabase } from '../databases.js'
import { refusedStart, ServerProcess } from '../process.js'

/** What HOST may be where the machine speaks IPv6, the host of the printed link, and where it is reached. */
const HOSTS = [
  ['[::1]', '[::1]', ['::1']],
  ['::1', '[::1]', ['::1']],
  ['::', 'localhost', ['::1', '127.0.0.1']],
  ['[::]', 'localhost', ['::1', '127.0.0.1']],
  ['0.0.0.0', 'localhost', ['127.0.0.1']],
  ['localhost', 'localhost', ['localhost']],
] as const

describe('the address that is listened on', function () {
  this.timeout(30_000)
  let database: Database

  beforeEach(async () => {
    database = await emptyDatabase()
  })

  afterEach(() => database.remove())

  for (const [host, printed, places] of HOSTS)
    it(`is HOST=${host}, and the link that is printed names ${printed}`, async () => {
      const server = await ServerProcess.start({ ...database.env, HOST: host })
      try {
        const [, linked, port] = /^http:\/\/(.+):(\d+)\/admin\/#setup=/.exec(server.stderr)!
        expect(linked).to.equal(printed)
        for (const place of places) expect(await statusAt(place, Number(port)), place).to.equal(200)
      } finally {
        await server.stop()
      }
    })

  // Of a network that is kept for examples, and of names that nobody has (RFC 5737, RFC 3849, RFC 6761).
  for (const host of ['192.0.2.1', '[2001:db8::1]', 'nowhere.invalid'])
    it(`stops the start if it does not belong to this machine: ${host}`, async () => {
      const { code, stderr } = await refusedStart({ ...database.env, HOST: host })
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: HOST cannot be used \(E[A-Z_]+\): set it to an address of this machine\n$/)
    })
})

function statusAt(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host, port, path: '/admin/', headers: { Host: `localhost:${port}` }, agent: false })
      .on('error', reject)
      .on('response', (response) => resolve(response.resume().statusCode))
  })
}
