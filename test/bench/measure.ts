import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'

/** What was seen of one target under one load. */
export interface Figures {
  requestsPerSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Microseconds of CPU that a request costs the target's processes, which other work on the machine hardly changes. */
  cpu: number
  /** Megabytes that the target's processes hold at the end. */
  rss: number
}

export interface Load {
  url: string
  requests: autocannon.Request[]
  connections: number
  /** The one status that every answer must have; anything else ends the run, because it would be another measurement. */
  status: number
  /** What goes on beside it; it is told to stop at the end. */
  beside?: (stop: AbortSignal) => Promise<void>
}

/** Loads a target from this process for so many seconds. @param pid of the target; its children count as well */
export async function measure(pid: number, load: Load, seconds: number): Promise<Figures> {
  const before = cpuOf(pid)
  const { url, requests, connections, status, beside } = load
  const end = new AbortController()
  const other = beside?.(end.signal)
  const loaded = autocannon({ url, requests, connections, duration: seconds })
  const result = await (other ? Promise.race([loaded, other.then(() => loaded)]) : loaded)
  const used = cpuOf(pid) - before
  end.abort()
  await other
  const statuses = Object.keys((result as unknown as { statusCodeStats: object }).statusCodeStats)
  if (result.errors > 0 || statuses.some((found) => Number(found) !== status))
    throw new Error(`${requests[0]!.method} ${url}${requests[0]!.path}: ${statuses}, ${result.errors} errors`)
  const count = result.requests.total
  return {
    requestsPerSecond: count / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpu: (used / count) * 1e6,
    rss: rssOf(pid),
  }
}

/** Seconds of CPU that a process and its children have used; the kernel counts in hundredths (proc(5)). */
function cpuOf(pid: number): number {
  const [, fields] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!
  const [user, system] = fields!.split(' ').slice(11, 13)
  return (Number(user) + Number(system)) / 100 + sum(childrenOf(pid).map(cpuOf))
}

function rssOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) / 1024 + sum(childrenOf(pid).map(rssOf))
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
