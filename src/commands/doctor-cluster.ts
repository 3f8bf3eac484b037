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

/** Looks at the database's clock: the one with the shortest trip counts. */
const LOOKS = 5

export async function findingsOfClock(): Promise<Finding[]> {
  const past = await ofThePast()
  if (isSqlite) return [ok("the database is a file of this machine, and has this machine's clock"), ...past]
  for (let look = 0; look < LOOKS; look++) await askEpoch()
  const { skew, doubt } = clockDifference()!
  const said = `${Math.round(skew)} ms between the database's clock and this one's, known to ${Math.ceil(doubt)} ms`
  if (Math.abs(skew) - doubt <= APART) return [ok(said), ...past]
  return [
    warn(
      `${said}: this machine is ${textOf(skew)} the database. Tokens, sessions and links end, and delays after wrong sign-ins pass, at other moments here than on other nodes`,
      'set the clocks of both by NTP',
    ),
    ...past,
  ]
}

async function ofThePast(): Promise<Finding[]> {
  const newest = await newestRow()
  if (!newest || newest.getTime() - Date.now() <= APART) return []
  return [
    warn(
      `the newest row of the trail is of ${newest.toISOString()}, which is still to come here: this clock was set back, or another node's is ahead`,
      'set the clocks of all machines by NTP',
    ),
  ]
}

/** By what they call themselves in the server's list of connections. */
export async function findingsOfNodes(): Promise<Finding[]> {
  if (isSqlite) return [ok(`this is ${VERSION}; one process serves a file`)]
  const nodes = await connectedNodes()
  const { mode } = await poolerFacts()
  const seen = nodes.map(
    ({ application, address, connections }) =>
      `${versionOf(application)} at ${address ?? 'a socket'} (${connections} connections)`,
  )
  const unseen =
    mode === 'none'
      ? ''
      : "; behind a pooler the addresses are its own, only who has had a server's process lately is seen, and this command may be among them"
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
      `not all are of one version: ${versions.join(', ')}`,
      'bring all nodes to one version; docs/production.md says what holds while they run side by side',
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
  const said = `${nodes} ${nodes === 1 ? 'node' : 'nodes'} of ${workers} × ${pool} connections take ${wanted} of the ${mostConnections} that the server gives this role; ${connections} are open`
  if (mode !== 'none') return ok(`${said}; the pooler's own bound counts instead, and cannot be seen from here`)
  if (wanted <= mostConnections) return ok(said)
  return warn(
    `${said}: under load some are refused, which is 503`,
    'lower LATCHKEY_DATABASE_POOL, run fewer processes, raise max_connections, or put a pooler in front',
  )
}

function versionOf(application: string): string {
  return application.split('/')[1] ?? 'one before versions were told'
}
