import autocannon from 'autocannon'
import { expect } from 'chai'
import { freshDatabase, onSqlite } from '../databases.js'
import { startServer, tokenOf } from './creates.js'
import { readsDuring, told } from './others.js'

/** Milliseconds that a read of somebody else may take. It was 1,500 when the script was compressed for each client anew. */
const READ = 200

onSqlite('clients that fetch the admin site without a pause', () => {
  for (const connections of [20, 60])
    it(`slow others' reads down to ${READ} ms at most: ${connections} of them`, async () => {
      const database = await freshDatabase()
      const server = await startServer({ ...database.env, LATCHKEY_LOG_LEVEL: 'warn' })
      try {
        const token = await tokenOf(server)
        await server.fetch('/api/emp_viewset', { token, json: { empid: 1, empname: 'Srinu', salary: 1 } })
        const [, script] = /"\.\.(\/admin\/assets\/index-[^"]+\.js)"/.exec(
          await (await server.fetch('/admin/')).text(),
        )!
        const headers = { 'accept-encoding': 'br' }
        // A thread of its own: else the one that measures would be what is slow.
        const load = autocannon({ url: server.url + script, headers, connections, duration: 5, workers: 1 })
        const times = await readsDuring(server, token, load)
        console.log(`      the script ${(await load).requests.total} times; ${told(times)}`)
        expect((await load).non2xx).to.equal(0)
        expect(times.p99).to.be.below(READ)
      } finally {
        await server.stop('SIGKILL')
        await database.remove()
      }
    }).timeout(30_000)
})
