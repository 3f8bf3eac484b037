import { settings } from '../platform/config.js'
import { APART, clockDifference, textOf } from '../platform/database/clock.js'
import { isSqlite } from '../platform/database/connection.js'
import { askEpoch } from '../platform/database/epoch.js'
import {
  type ConnectedNode,
  connectedNodes,
  type PoolerFacts,
  poolerFacts,
  poolSize,
  type ServerFacts,
  serverFacts,
} from '../platform/database/server-facts.js'
import { VERSION } from '../platform/version.js'
import { type Finding, ok, warn } from './doctor-finding.js'
import { newestRow } from './doctor-rows.js'

/** How often the database's clock is read. The reading with the shortest round trip counts. */
const LOOKS = 5

export async function findingsOfClock(): Promise<Finding[]> {
  const past = await ofThePast()
  if (isSqlite) return [ok('the database is a file on this machine, and uses its clock'), ...past]
  for (let look = 0; look < LOOKS; look++) await askEpoch()
  const { skew, doubt } = clockDifference()!
  const said = `${Math.round(skew)} ms between the database's clock and this one, give or take ${Math.ceil(doubt)} ms`
  if (Math.abs(skew) - doubt <= APART) return [ok(said), ...past]
  return [
    warn(
      `${said}: this machine is ${textOf(skew)} the database. Tokens, sessions, links and the delays after failed sign-ins end at other times here than on other nodes`,
      'synchronize both clocks with NTP',
    ),
    ...past,
  ]
}

async function ofThePast(): Promise<Finding[]> {
  const newest = await newestRow()
  if (!newest || newest.getTime() - Date.now() <= APART) return []
  return [
    warn(
      `the newest row of the trail is from ${newest.toISOString()}, which is in the future here: this clock was set back, or another node's clock is ahead`,
      'synchronize the clocks of all machines with NTP',
    ),
  ]
}

/** Nodes are known by the names of their connections in the server's list. */
export async function findingsOfNodes(): Promise<Finding[]> {
  if (isSqlite) return [ok(`this is ${VERSION}; with SQLite there is only one node`)]
  const nodes = await connectedNodes()
  const { mode } = await poolerFacts()
  const seen = nodes.map(
    ({ application, address, connections }) =>
      `${versionOf(application)} at ${address ?? 'a socket'} (${connections} connections)`,
  )
  const unseen =
    mode === 'none'
      ? ''
      : "; behind a pooler these are the pooler's addresses, only nodes that were busy lately are listed, and this command may be among them"
  return [
    ok(`this is ${VERSION}; connected: ${seen.join(', ') || 'no other'}${unseen}`),
    ...ofVersions(nodes),
    ofConnections(Math.max(1, nodes.length), await serverFacts(), mode),
  ]
}

function ofVersions(nodes: ConnectedNode[]): Finding[] {
  const versions = [...new Set([VERSION, ...nodes.map(({ application }) => versionOf(application))])]
  if (versions.length === 1) return []
  return [
    warn(
      `the nodes have different versions: ${versions.join(', ')}`,
      'bring all nodes to one version; docs/production.md says what to expect while they run side by side',
    ),
  ]
}

function ofConnections(
  nodes: number,
  { mostConnections, connections }: ServerFacts,
  mode: PoolerFacts['mode'],
): Finding {
  const [{ workers }, pool] = [settings(), poolSize()]
  const wanted = nodes * workers * pool
  const said = `${nodes} ${nodes === 1 ? 'node' : 'nodes'} of ${workers} × ${pool} connections can use ${wanted} of the ${mostConnections} that the server allows this role; ${connections} are open`
  if (mode !== 'none') return ok(`${said}; the pooler's own limit counts instead, and cannot be seen from here`)
  if (wanted <= mostConnections) return ok(said)
  return warn(
    `${said}: under load the server refuses some, and clients get 503`,
    'lower LATCHKEY_DATABASE_POOL, run fewer processes, raise max_connections, or put a pooler in front',
  )
}

function versionOf(application: string): string {
  return application.split('/')[1] ?? 'a version that does not say which'
}
