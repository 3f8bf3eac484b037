import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { freshDatabase, onPostgres } from './databases.js'
import { REAL_HASHES } from './hashes.js'
import { CREDENTIALS, expectWithin, FIRST, refusedStart } from './process.js'
import { isRunning } from './processes.js'
import { Pair } from './workers.js'

let pair: Pair

onPostgres('a primary and its workers', function () {
  this.timeout(90_000)

  afterEach(() => pair.end())

  it('print one setup link, which works', async () => {
    pair = await Pair.start({})
    await pair.bothAnswer()
    expect(pair.server.stderr).to.match(/^http:\/\/localhost:\d+\/admin\/#setup=[\w-]{43}\n$/)
    const secret = pair.server.stderr.trim().split('=')[1]!
    const first = { secret, username: 'Srinivas', password: 'tea-for-2-at-4' }
    expect((await pair.send('/api/setup', { json: first })).status).to.equal(201)
  })

  it('go on when a worker is killed, and are as many again', async () => {
    pair = await Pair.start()
    await pair.bothAnswer()
    const [victim, other] = pair.workers()
    process.kill(victim!, 'SIGKILL')
    await expectWithin(5000, async () => pair.server.log.includes('a worker died'))
    expect(await pair.statusesOf(20, '/readyz')).to.deep.equal({ 200: 20 })
    await pair.bothAnswer()
    expect(pair.workers()).to.have.lengthOf(2).and.include(other).and.not.include(victim)
  })

  it('start at most one successor a second for a worker that dies again and again', async () => {
    pair = await Pair.start()
    const [kept, ...others] = pair.workers()
    const killed = new Set<number>()
    const began = performance.now()
    for (; performance.now() - began < 4000; await wait(20))
      for (const pid of [...others, ...pair.workers()])
        if (pid !== kept && !killed.has(pid)) {
          process.kill(pid, 'SIGKILL')
          killed.add(pid)
        }
    expect(killed.size).to.be.within(3, 5)
  })

  it('finish what is in flight on SIGTERM, after /readyz has said so, and end with 0 within 10 s', async () => {
    pair = await Pair.start({ ...FIRST, ...REAL_HASHES })
    await pair.bothAnswer()
    const all = pair.workers()
    const inFlight = pair.send('/gettoken/', { json: CREDENTIALS })
    const began = performance.now()
    const code = pair.server.stop('SIGTERM')
    await expectWithin(2000, async () => {
      const { status, headers } = await pair.send('/readyz')
      return status === 503 && headers.connection === 'close'
    })
    expect((await inFlight).status).to.equal(200)
    expect(await code).to.equal(0)
    expect(performance.now() - began).to.be.below(10_000)
    expect(all.filter(isRunning)).to.deep.equal([])
    expect(pair.server.log).to.contain('"msg":"stopped"').and.not.contain('a worker died')
  })

  it('end at once with 1 on a second SIGTERM', async () => {
    pair = await Pair.start()
    const all = pair.workers()
    const code = pair.server.stop('SIGTERM')
    await expectWithin(3000, async () => pair.server.log.includes('stopping'))
    pair.server.child.kill('SIGTERM')
    expect(await code).to.equal(1)
    await expectWithin(3000, async () => !all.some(isRunning))
  })

  // A supervisor may signal the whole group, as a terminal does.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`end in order when ${signal} is sent to each of them`, async () => {
      pair = await Pair.start({ ...FIRST, ...REAL_HASHES })
      await pair.bothAnswer()
      const all = pair.workers()
      const inFlight = pair.send('/gettoken/', { json: CREDENTIALS })
      await pair.send('/healthz')
      const code = once(pair.server.child, 'exit').then(([ended]) => ended)
      for (const pid of [...all, pair.server.child.pid!]) process.kill(pid, signal)
      expect((await inFlight).status).to.equal(200)
      expect(await code).to.equal(0)
      expect(all.filter(isRunning)).to.deep.equal([])
    })

  it('leave no worker behind when the primary is killed', async () => {
    pair = await Pair.start()
    const all = pair.workers()
    await pair.server.stop('SIGKILL')
    await expectWithin(5000, async () => !all.some(isRunning))
  })
})

onPostgres('workers that cannot start', () => {
  it('end the primary with 1 and the reason', async () => {
    const database = await freshDatabase()
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as { port: number }
    const { code, stderr } = await refusedStart({ ...database.env, WEB_CONCURRENCY: '2', PORT: String(port) })
    holder.close()
    await database.remove()
    expect(code).to.equal(1)
    expect(stderr.match(/PORT is in use/g)).to.have.lengthOf(1)
  }).timeout(30_000)
})
