import { readdirSync, readFileSync } from 'node:fs'

/**
 * Counts the CPU that a process and its children use from now on, all threads. The scheduler counts nanoseconds where `stat` counts
 * hundredths (proc(5), Documentation/scheduler/sched-stats.rst).
 * @returns the seconds until now; what has ended meanwhile, such as a connection of PostgreSQL, is left out
 */
export function cpuFrom(pid: number): () => number {
  const before = secondsOf(pid)
  return () => [...secondsOf(pid)].reduce((sum, [id, seconds]) => sum + seconds - (before.get(id) ?? 0), 0)
}

/** Of each process by its id. */
function secondsOf(pid: number): Map<number, number> {
  const tasks = `/proc/${pid}/task`
  const threads = readdirSync(tasks).map((thread) => Number(read(`${tasks}/${thread}/schedstat`).split(' ')[0]) / 1e9)
  const children = read(`${tasks}/${pid}/children`).split(' ').filter(Boolean).map(Number)
  const own = threads.reduce((sum, seconds) => sum + seconds, 0)
  return new Map([[pid, own], ...children.flatMap((child) => [...secondsOf(child)])])
}

/** Nothing of what has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
