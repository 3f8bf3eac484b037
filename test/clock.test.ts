import { expect } from 'chai'
import { isSqlite } from '../src/platform/database/connection.js'
import { type Database, freshDatabase } from './databases.js'
import { parseExposition, sumOf } from './exposition.js'
import { expectWithin, FIRST, latchkey, ServerProcess } from './process.js'

/** A process whose clock is 5 s ahead until SIGUSR2. */
const AHEAD = `--import=data:text/javascript,${encodeURIComponent(
  "const now = Date.now; let ahead = 5000; Date.now = () => now() + ahead; process.on('SIGUSR2', () => (ahead = 0))",
)}`

describe('the clock of a node', function () {
  this.timeout(30_000)

  let database: Database

  before(async () => {
    database = await freshDatabase()
  })

  after(() => database.remove())

  it('that differs from the database’s is reported once, and so is its return; on SQLite there is one clock', async () => {
    const server = await ServerProcess.start({ ...database.env, ...FIRST, NODE_OPTIONS: AHEAD })
    const lines = () => server.lines.filter((line) => 'clock_skew_seconds' in line)
    try {
      const token = await server.signIn()
      const skew = async () => {
        const text = await (await server.fetch('/metrics', { token })).text()
        return sumOf(parseExposition(text), 'latchkey_clock_skew_seconds')
      }
      if (isSqlite) {
        expect(await skew()).to.equal(0)
        return
      }
      await expectWithin(5000, async () => lines().length === 1)
      expect(lines()[0]).to.include({ level: 'warn' })
      expect(lines()[0]!.clock_skew_seconds).to.be.within(-5.2, -4.8)
      expect(lines()[0]!.msg).to.match(/^the clock of this node is \d\.\d s ahead of that of the database: /)
      server.child.kill('SIGUSR2')
      await expectWithin(8000, async () => lines().length === 2)
      expect(lines()[1]).to.include({ level: 'info' })
      expect(await skew()).to.be.within(-0.2, 0.2)
    } finally {
      await server.stop()
    }
    expect(lines()).to.have.lengthOf(isSqlite ? 0 : 2)
  })

  if (!isSqlite)
    it('that is apart is warned of by the doctor, with what breaks', async () => {
      const { stdout } = await latchkey(['doctor'], { ...database.env, NODE_OPTIONS: AHEAD })
      expect(stdout).to.match(
        /^warn clock: -(4\d|50)\d\d ms between .* this machine is \d\.\d s ahead of the database\. Tokens.*; do: synchronize both clocks with NTP$/m,
      )
    })
})
