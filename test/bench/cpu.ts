import { readdirSync, readFileSync } from 'node:fs'

/**
 * Seconds of CPU that a process and its children have used, all threads. The scheduler counts nanoseconds where `stat` counts
 * hundredths (proc(5), Documentation/scheduler/sched-stats.rst).
 */
export function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`))
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return sum(threads.map((text) => Number(text.split(' ')[0]) / 1e9)) + sum(children.map(cpuSeconds))
}

/** Nothing of what has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
