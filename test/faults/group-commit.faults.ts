import { expect } from 'chai'
import { onSqlite } from '../databases.js'
import { startServer, tokenOf } from './creates.js'
import { Disk } from './disk.js'
import { expectIntegrity } from './integrity.js'
import { GROUPS_OF_ONE, rateOf, written } from './rate.js'

const SECONDS = process.env.FAULT_ROUNDS ? 10 : 3
const CLIENTS = 32

onSqlite('creates', function () {
  this.timeout(SECONDS * 20_000)

  it('of one client cost a sync each, and hardly more', async () => {
    const alone = await rateOf({ clients: 1, seconds: SECONDS })
    console.log(`      1 client:   ${written(alone)}`)
    expect(alone.syncs).to.be.within(1, 1.1)
  })

  it(`of ${CLIENTS} clients share their syncs`, async () => {
    const grouped = await rateOf({ clients: CLIENTS, seconds: SECONDS })
    console.log(`      ${CLIENTS} clients: ${written(grouped)}`)
    expect(grouped.syncs).to.be.at.most(0.15)
  })

  // `npm run test:load` compares them at 0 and 5 ms, where the work of the processor counts as much as the disk.
  it('are five times as many as those of a server that does not share, on a disk whose syncs are slow', async () => {
    const [delay, clients, seconds] = [25, CLIENTS, SECONDS]
    const alone = await rateOf({ clients, seconds, delay, env: GROUPS_OF_ONE })
    const grouped = await rateOf({ clients, seconds, delay })
    console.log(`      each sync ${delay} ms slower, groups of one: ${written(alone)}`)
    console.log(`      each sync ${delay} ms slower, groups:        ${written(grouped)}`)
    expect(grouped.rate / alone.rate).to.be.at.least(5)
  })
})

onSqlite('a disk that fails to sync', () => {
  it('acknowledges nothing, and afterwards creates go on', async () => {
    const disk = await Disk.make()
    const server = await startServer(disk.env())
    try {
      const token = await tokenOf(server)
      const create = (empid: number) =>
        server.fetch('/api/emp_viewset', { token, json: { empid, empname: 'x', salary: 1 } })
      expect((await create(1)).status).to.equal(201)
      await disk.break()
      for (const { status, headers } of await Promise.all([2, 3, 4].map(create))) {
        expect(status).to.equal(503)
        expect(headers.get('retry-after')).to.be.a('string')
      }
      await disk.mend()
      for (const { status } of await Promise.all([5, 6, 7].map(create))) expect(status).to.equal(201)
      await expectIntegrity(disk.folder)
    } finally {
      await server.stop()
      await disk.remove()
    }
  }).timeout(30_000)
})
