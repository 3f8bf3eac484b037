import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { answerWorkers } from '../metrics/together.js'
import type { Settings } from '../platform/config.js'
import { log } from '../platform/log.js'

/** Milliseconds. A worker that lived shorter than this is replaced after the pause, so that a crash loop is slow. */
const SHORT_LIFE = 10_000
const PAUSE = 1000

let stopping = false

/**
 * Forks the number of workers that is set. They share one address. Each that dies is replaced.
 * @returns the port that they listen on
 * @throws if the first worker ends before it listens. It has said why
 */
export async function startWorkers({ workers }: Settings): Promise<number> {
  answerWorkers()
  // Each worker accepts connections itself. With the other policy, the primary hands them out, and a connection for a worker that
  // has just been killed stays open for ever without a response (measured).
  cluster.schedulingPolicy = cluster.SCHED_NONE
  // Only the first is started at first. A problem would affect all of them, and is then reported once.
  const port = await listening(cluster.fork())
  for (let count = 1; count < workers; count++) cluster.fork()
  for (const worker of living()) replaceAtItsEnd(worker)
  return port
}

/**
 * Asks every worker to stop, and waits until the last has ended.
 * @param patience milliseconds
 */
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

function replaceAtItsEnd(worker: Worker) {
  const began = performance.now()
  worker.once('exit', (code, signal) => {
    if (stopping) return
    log.warn({ worker: worker.process.pid, code, signal }, 'a worker died; another one takes its place')
    const pause = performance.now() - began < SHORT_LIFE ? PAUSE : 0
    setTimeout(() => !stopping && replaceAtItsEnd(cluster.fork()), pause)
  })
  // Without this, a worker that cannot be forked or reached would end the primary, and so all of them.
  worker.on('error', (error) => log.warn({ error }, 'a worker could not be reached'))
}

function listening(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('listening', ({ port }) => resolve(port))
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it could listen`)))
  })
}
