import { operations, violation } from '../document.js'
import type { ServerProcess } from '../process.js'
import { Known } from './known.js'
import { Owner } from './owner.js'
import { type Drawn, drawRequest, HASHING } from './request.js'
import { type Answer, curlLine, send } from './send.js'

export interface Report {
  seed: number
  requests: number
  seconds: number
  /** Requests in which nothing was wrong on purpose. */
  valid: number
  statuses: Record<number, number>
  /** For each operation: how many requests, and how many of them succeeded. */
  operations: Record<string, { requests: number; succeeded: number }>
  /** Superusers that the fuzzer needed for itself, because requests ended the ones before. */
  owners: number
  failures: string[]
}

interface Options {
  /** It must trust loopback as a proxy: each request says that it comes from another address. */
  server: ServerProcess
  /** Of the server, for the command that makes superusers. */
  env: Record<string, string>
  seed: number
  count: number
  /** It stops after so many seconds, though it has made fewer requests than `count`. */
  seconds: number
}

/** Failures after which it stops. */
const ENOUGH = 20

/**
 * Sends requests made from the document, one after the other: with the same seed the same ones to a database that is as
 * fresh. Every answer must be one that the document describes, and none a failure of the server.
 */
export async function fuzz({ server, env, seed, count, seconds }: Options): Promise<Report> {
  const known = new Known()
  const owner = new Owner(server, env, known)
  const counts = Object.fromEntries(operations.map(({ operationId }) => [operationId, { requests: 0, succeeded: 0 }]))
  const report: Report = {
    seed,
    requests: 0,
    seconds: 0,
    valid: 0,
    statuses: {},
    operations: counts,
    owners: 0,
    failures: [],
  }
  const started = performance.now()
  await owner.make()
  for (let index = 0; index < count && report.failures.length < ENOUGH; index++) {
    if (performance.now() - started > seconds * 1000) break
    const drawn = drawRequest(seedOf(seed, index), known)
    // Before it is sent: what its answer teaches is not in the line.
    const line = curlLine(server.url, drawn.message, known.secrets)
    const complaint = await attempt(server, known, owner, drawn, report)
    if (complaint) report.failures.push(`seed ${seed}, request ${index}: ${complaint}\n  ${line}`)
    if (server.child.exitCode !== null) break
  }
  if (server.child.exitCode !== null || (await server.fetch('/readyz')).status !== 200)
    report.failures.push(`the server does not serve any more: ${server.stderr}`)
  return { ...report, owners: owner.made, seconds: (performance.now() - started) / 1000 }
}

async function attempt(
  server: ServerProcess,
  known: Known,
  owner: Owner,
  drawn: Drawn,
  report: Report,
): Promise<string | undefined> {
  const { operation, isValid, id, message } = drawn
  const counted = report.operations[operation.operationId]!
  report.requests++
  counted.requests++
  if (isValid) report.valid++
  try {
    const answer = await send(server.url, message)
    report.statuses[answer.status] = (report.statuses[answer.status] ?? 0) + 1
    if (answer.status < 300) counted.succeeded++
    const complaint = complaintAbout(server.url, drawn, answer)
    if (!complaint && message.method === operation.method) known.learn(operation, id, answer)
    if (isValid && id !== undefined && answer.status === 404) known.forget(operation, id)
    await owner.recover(message, answer)
    return complaint
  } catch (error) {
    return `no answer that can be read: ${error}`
  }
}

function complaintAbout(origin: string, { operation, message }: Drawn, answer: Answer): string | undefined {
  const { method, path } = message
  const { status, headers, text } = answer
  const type = headers['content-type'] ?? ''
  const isQueueFull = status === 503 && HASHING.includes(operation.operationId)
  if (status >= 500 && !isQueueFull) return `${method} ${operation.path} answered ${status}: ${text}`
  if (status >= 400 && method !== 'HEAD' && !type.startsWith('application/problem+json'))
    return `${method} ${operation.path} answered ${status} without a problem document: ${text}`
  const sent = path.replace(/\?.*$/s, '')
  // What a URL parser changes, such as dots, is no path of the document.
  const url = URL.canParse(origin + sent) ? new URL(origin + sent) : undefined
  return url?.pathname === sent
    ? violation(method, url.href, { status, type, text, hasETag: headers.etag !== undefined })
    : undefined
}

/** Seeds that lie side by side would give first draws that are alike. */
function seedOf(seed: number, index: number) {
  return seed ^ Math.imul(index + 1, 0x9e3779b1)
}
