import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { RateLimiterClusterMaster } from 'rate-limiter-flexible'
import { config } from '../config.js'
import { log } from '../http/request-log.js'
import { answerWorkers } from '../metrics/together.js'

/** Milliseconds between two restarts of workers that end as soon as they have begun. */
const PAUSE = 1000

let stopping = false

/**
 * Forks as many workers as are set, which share one address, and one anew for each that dies.
 * @returns the port that they listen on
 * @throws when the first worker ends before it listens; it has told why
 */
export async function startWorkers(): Promise<number> {
  new RateLimiterClusterMaster()
  answerWorkers()
  const [port] = await Promise.all(Array.from({ length: config.workers }, () => listening(cluster.fork())))
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return
    log.warn({ pid: worker.process.pid, code, signal }, 'a worker died; another one takes its place')
    setTimeout(() => !stopping && cluster.fork(), PAUSE)
  })
  return port!
}

/** Asks every worker to stop, and waits until the last is gone. @param patience milliseconds */
export async function stopWorkers(patience: number): Promise<void> {
  stopping = true
  const gone = living().map((worker) => once(worker, 'exit'))
  for (const worker of living()) worker.process.kill('SIGTERM')
  await Promise.race([Promise.all(gone), wait(patience)])
  killWorkers()
}

export function killWorkers(): void {
  stopping = true
  for (const worker of living()) worker.process.kill('SIGKILL')
}

function living(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
}

function listening(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('listening', ({ port }) => resolve(port))
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it could listen`)))
  })
}
