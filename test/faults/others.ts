import { setTimeout as wait } from 'node:timers/promises'
import type { ServerProcess } from '../process.js'

/** How long reads of one client took, in milliseconds. */
export interface Times {
  count: number
  p50: number
  p99: number
}

/**
 * Lets one client read by key, again and again, while others do what they do.
 * @param load is over when it resolves
 * @throws when a read is not 200
 */
export async function readsDuring(server: ServerProcess, token: string, load: PromiseLike<unknown>): Promise<Times> {
  const times: number[] = []
  let isOver = false
  const over = Promise.resolve(load).finally(() => (isOver = true))
  for (; !isOver; await wait(5)) {
    const started = performance.now()
    const response = await server.fetch('/api/emp_viewset/1', { token })
    await response.arrayBuffer()
    times.push(performance.now() - started)
    if (response.status !== 200) throw new Error(`a read was answered ${response.status}`)
  }
  await over
  times.sort((a, b) => a - b)
  return { count: times.length, p50: at(times, 0.5), p99: at(times, 0.99) }
}

/** For a line of figures. */
export function told({ count, p50, p99 }: Times): string {
  return `${count} reads meanwhile, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
}

function at(sorted: number[], part: number) {
  return sorted[Math.floor(sorted.length * part)]!
}
