import { readdirSync, readFileSync, statSync } from 'node:fs'

/** What a process uses at one moment. */
export interface Used {
  /** Milliseconds. */
  at: number
  /** Resident bytes. */
  memory: number
  descriptors: number
  /** Bytes of SQLite's write-ahead log, 0 where there is none. */
  walSize: number
}

export function usedBy(pid: number, wal: string): Used {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return {
    at: performance.now(),
    memory: Number(kilobytes) * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    walSize: statSync(wal, { throwIfNoEntry: false })?.size ?? 0,
  }
}

/** Bytes a minute, by least squares. */
export function growthOf(used: Used[]): number {
  const [at, memory] = [mean(used.map((one) => one.at)), mean(used.map((one) => one.memory))]
  const together = used.reduce((sum, one) => sum + (one.at - at) * (one.memory - memory), 0)
  return (60_000 * together) / used.reduce((sum, one) => sum + (one.at - at) ** 2, 0)
}

function mean(values: number[]) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
