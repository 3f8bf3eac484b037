import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { latchkey, type ServerProcess } from '../process.js'
import { Traffic } from '../traffic.js'
import type { Cluster } from './installed.js'

/** Milliseconds under load before the primary is killed, until the standby is promoted, and after it. */
const BEFORE = 4000
const UNNOTICED = 1500
const AFTER = 10_000

/** Milliseconds within which each node writes again. */
const BACK = 5000

interface Situation {
  primary: Cluster
  standby: Cluster
  /** The database's name there. */
  database: string
  nodes: ServerProcess[]
  env: Record<string, string>
  /** A superuser's token. */
  root: string
  /** What leads the nodes to the new primary, where they do not find it themselves. */
  lead?: () => Promise<void>
}

/**
 * Kills the primary under load, promotes the standby, and prints the figures.
 * @throws where a promise is broken: an acknowledged write is lost, a revoked token is let in, a node does not write again in time
 */
export async function failOver({ primary, standby, database, nodes, env, root, lead }: Situation): Promise<void> {
  const traffic = await Traffic.start(
    nodes.map(({ url }) => url),
    root,
  )
  let [killed, promoted] = [0, 0]
  try {
    await wait(BEFORE)
    killed = performance.now()
    await primary.crash()
    await wait(UNNOTICED)
    await standby.promote()
    await lead?.()
    promoted = performance.now()
    await wait(AFTER)
  } finally {
    await traffic.stop()
  }

  const rows = await standby.query('SELECT empid FROM employees', database)
  const there = new Set(rows.map(({ empid }) => empid))
  const lost = traffic.created.filter((empid) => !there.has(empid))
  const back = nodes.map((_, place) => traffic.backAfter(promoted, 'create', place))
  for (const what of ['create', 'read', 'revocation', 'revoked'] as const) console.log(`      ${traffic.told(what)}`)
  console.log(
    `      promoted ${(promoted - killed).toFixed(0)} ms after the kill; ${traffic.created.length} creates and ` +
      `${traffic.revoked.length} revocations acknowledged, ${lost.length} creates lost, ${traffic.letIn.length} revoked ` +
      `tokens let in; writes back ${back.map((one) => one.toFixed(0)).join(' and ')} ms after the promotion`,
  )
  expect(traffic.strange).to.deep.equal([])
  expect(lost).to.deep.equal([])
  expect(traffic.letIn).to.deep.equal([])
  for (const milliseconds of back) expect(milliseconds).to.be.below(BACK)
  expect(traffic.created.length).to.be.above(100)
  expect(traffic.revoked.length).to.be.above(10)
  for (const node of nodes)
    for (const { value } of traffic.revoked)
      expect((await node.fetch('/api/', { token: value })).status, 'revoked').to.equal(401)
  const verified = await latchkey(['events', 'verify'], env)
  expect(verified.code, verified.stderr).to.equal(0)
  expect(verified.stdout).to.match(/unbroken/)
}
