import { distance } from './nearest.js'

/** A variable that looks like one of ours and is none. */
export interface UnknownVariable {
  name: string
  /** The known one that it is nearest to. */
  nearest: string
}

/**
 * What Kubernetes sets in every container for a service that is called latchkey, and Docker for a link to one:
 * `LATCHKEY_SERVICE_HOST`, `LATCHKEY_PORT_8000_TCP_ADDR`. Their `LATCHKEY_PORT` is told by its value, `tcp://…`.
 */
const OF_A_CLUSTER = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/
const ADDRESS = /^(tcp|udp|sctp):\/\//

/** A setting that nobody reads does not do what its owner believes. @param known the names of all variables */
export function unknownVariables(env: Record<string, string | undefined>, known: string[]): UnknownVariable[] {
  return (
    Object.entries(env)
      .filter(([name, value]) => value && /^LATCHKEY_/i.test(name) && !known.includes(name))
      .filter(([name, value]) => !OF_A_CLUSTER.test(name) && !ADDRESS.test(value!))
      // The name of a variable may contain anything.
      .map(([name]) => ({ name: name.replace(/[^!-~]/g, '?'), nearest: nearest(name, known) }))
  )
}

/** With the prefix and without it, because some of the known names have none. */
function nearest(name: string, known: string[]): string {
  const tried = [name.toUpperCase(), name.toUpperCase().replace(/^LATCHKEY_/, '')]
  const distances = known.map((other) => Math.min(...tried.map((text) => distance(text, other))))
  return known[distances.indexOf(Math.min(...distances))]!
}
