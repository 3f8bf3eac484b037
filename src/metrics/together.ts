import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import { isWorker } from '../platform/config.js'
import { HttpError } from '../platform/failures.js'
import { ownMetrics } from './metrics.js'

/** Milliseconds for which a scrape waits for the other workers. */
const PATIENCE = 3000

interface Question {
  type: 'latchkey:metrics'
  id: number
}

interface Answer extends Question {
  text?: string
}

/** Workers answer each other through their primary. prom-client asks them and adds the numbers up. */
const all = new AggregatorRegistry()

const asked = new Map<number, (text: string | undefined) => void>()
let questions = 0

/**
 * The metrics of all workers at this address, in Prometheus' text format, because a scrape reaches only one of them.
 * @throws {HttpError} 503 if a worker does not answer in time
 */
export function metrics(): Promise<string> {
  return isWorker() ? metricsOfPrimary() : ownMetrics()
}

/** In the primary: answers the workers from now on. */
export function answerWorkers(): void {
  cluster.on('message', async (worker: Worker, { type, id }: Question) => {
    if (type !== 'latchkey:metrics') return
    const text = await all.clusterMetrics().catch(() => undefined)
    if (worker.isConnected()) worker.send({ type, id, text } satisfies Answer)
  })
}

if (isWorker())
  process.on('message', ({ type, id, text }: Answer) => {
    if (type === 'latchkey:metrics') asked.get(id)?.(text)
  })

async function metricsOfPrimary(): Promise<string> {
  const id = questions++
  const text = await new Promise<string | undefined>((resolve) => {
    asked.set(id, resolve)
    setTimeout(() => resolve(undefined), PATIENCE).unref()
    process.send!({ type: 'latchkey:metrics', id } satisfies Question)
  }).finally(() => asked.delete(id))
  if (text === undefined)
    throw new HttpError(503, 'Not every worker reports its metrics right now. Please try again.', { retryAfter: 2 })
  return text
}
