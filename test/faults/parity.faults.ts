import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { freshDatabase, onSqlite } from '../databases.js'
import { PostgresServer } from '../postgres.js'
import { Ids } from './ids.js'
import { comparable, Side } from './side.js'

const REQUESTS = 500

/** Others than those of the fuzzer that runs with the tests. */
const SEED = Number(process.env.FAULT_SEED ?? 17_000_000)

onSqlite('SQLite and PostgreSQL', () => {
  it(`answer the same ${REQUESTS} requests alike`, async () => {
    const [sqlite, postgres] = [await freshDatabase(), await PostgresServer.create()]
    const key = { LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') }
    const sides: Side[] = []
    let ids: Ids | undefined
    try {
      const urls = [sqlite.env.DATABASE_URL!, await postgres.createDatabase('parity')] as const
      for (const url of urls) sides.push(await Side.start({ ...key, DATABASE_URL: url }))
      ids = await Ids.open(urls[0].replace('sqlite:', ''), urls[1])
      const statuses: Record<number, number> = {}
      const differences: string[] = []
      for (let index = 0; index < REQUESTS; index++) {
        if (index === REQUESTS / 2) for (const side of sides) await side.restart()
        await ids.align()
        const [one, other] = await Promise.all(sides.map((side) => side.ask(SEED + Math.imul(index, 0x9e3779b1))))
        const [here, there] = [comparable(one!.answer), comparable(other!.answer)]
        statuses[one!.answer.status] = (statuses[one!.answer.status] ?? 0) + 1
        if (here !== there)
          differences.push(`${index}: ${one!.message.method} ${one!.message.path}\n${firstDifference(here, there)}`)
      }
      console.log(`      ${REQUESTS} requests: ${JSON.stringify(statuses)}, ${differences.length} differences`)
      expect(differences, differences.join('\n')).to.have.lengthOf(0)
    } finally {
      await ids?.close()
      for (const side of sides) await side.stop()
      await sqlite.remove()
      await postgres.remove()
    }
  }).timeout(300_000)
})

function firstDifference(here: string, there: string) {
  const at = [...here].findIndex((character, index) => character !== there[index])
  const start = Math.max(0, (at < 0 ? here.length : at) - 100)
  return `  SQLite:     …${here.slice(start, start + 300)}\n  PostgreSQL: …${there.slice(start, start + 300)}`
}
