import { availableParallelism } from 'node:os'
import { addressKey } from '../../platform/addresses.js'
import { settings } from '../../platform/config.js'
import { HttpError } from '../../platform/failures.js'

const { workers, threads } = settings()

/**
 * Hashes that may run at once. bcrypt and sqlite3 share libuv's threads: two stay free, else 50 logins stop every read for 20 s
 * (measured).
 */
export const HASH_SLOTS = Math.max(1, Math.min(Math.floor(availableParallelism() / workers), threads - 2))

/** Hashes that wait at most; each takes a quarter of a second, so the last of 32 waits 4 s on two cores. */
const QUEUE = 32

interface Waiting {
  start: () => void
  refuse: (reason: HttpError) => void
}

/** Waiting hashes by address. A Map keeps its order, so the first key is the address whose turn it is. */
const lines = new Map<string, Waiting[]>()
let running = 0
let waiting = 0

/**
 * Runs a password hash when one of the few slots is free; addresses take turns.
 * @param address who asks; the operator's own commands may all use one text
 * @throws {HttpError} 503 when too many wait; the longest line gives way first
 */
export async function withHashSlot<Result>(address: string, hash: () => Promise<Result>): Promise<Result> {
  if (running < HASH_SLOTS) running++
  else await turn(addressKey(address))
  try {
    return await hash()
  } finally {
    next()
  }
}

/** Hashes of this process; for the metrics. */
export function hashCounts(): { running: number; waiting: number } {
  return { running, waiting }
}

function turn(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const line = lines.get(address) ?? []
    if (waiting >= QUEUE && !makeRoom(line.length)) return reject(busy())
    lines.set(address, line)
    line.push({ start: resolve, refuse: reject })
    waiting++
  })
}

/** The slot passes on without becoming free in between, so nobody overtakes. */
function next() {
  const [address, line] = lines.entries().next().value ?? []
  const first = line?.shift()
  if (address === undefined || !line || !first) {
    running--
    return
  }
  waiting--
  lines.delete(address)
  if (line.length > 0) lines.set(address, line)
  first.start()
}

/** An address that fills the queue keeps nobody else out: the last of the longest line gives way to a shorter one. */
function makeRoom(ownLength: number): boolean {
  const longest = [...lines.values()].reduce<Waiting[]>((a, b) => (b.length > a.length ? b : a), [])
  if (longest.length <= ownLength + 1) return false
  longest.pop()?.refuse(busy())
  waiting--
  return true
}

function busy() {
  return new HttpError(503, 'Too many sign-ins at the same time. Please try again.', { retryAfter: 2 })
}
