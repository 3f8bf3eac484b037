import { unlessAborted } from './abort.js'
import { RETRIABLE_CREATES } from './generated/retriable-creates.js'
import { secondsIn } from './problem-error.js'

/** RFC 9110, 9.2.2: sending one of these twice has the effect of sending it once. */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']

const KEY = 'Idempotency-Key'

/** Milliseconds before the second attempt. The wait doubles for each attempt after it. */
const FIRST_WAIT = 500

/** Milliseconds. No attempt begins later than this after the first one. */
const LONGEST = 30_000

/** Gives a create its key, which every attempt sends, if its operation takes one and the caller has not chosen one. */
export function withKey(request: Request, path: string): Request {
  if (request.method === 'POST' && RETRIABLE_CREATES.has(path) && !request.headers.has(KEY))
    request.headers.set(KEY, newKey())
  return request
}

/**
 * Sends a request again after 429, 503, or no response, if it is safe to repeat. The last response or failure is the caller's.
 * An abort ends the wait at once.
 * @param retries attempts after the first one, 0 for none
 */
export function withRetries(send: typeof fetch, retries: number): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const isSafe = IDEMPOTENT.includes(request.method) || request.headers.has(KEY)
    const end = performance.now() + LONGEST
    for (let left = isSafe ? retries : 0, wait = FIRST_WAIT; left > 0; left--, wait *= 2) {
      // A body can be read once, and the clone has its own.
      const outcome = await send(request.clone()).catch((error) => networkFailure(error, request.signal))
      const hasFailed = outcome instanceof TypeError
      if (!hasFailed && !asksForRetry(outcome)) return outcome
      // Never earlier than the server says, and later by chance, so that its clients do not come back all at once.
      const pause = (hasFailed ? wait : (secondsIn(outcome.headers) ?? wait / 1000) * 1000) * (1 + Math.random() / 4)
      if (performance.now() + pause > end) {
        if (hasFailed) throw outcome
        return outcome
      }
      if (!hasFailed) await outcome.body?.cancel()
      await sleep(pause, request.signal)
    }
    return send(request)
  }
}

/** 409 with `Retry-After` says that the first request with this `Idempotency-Key` is still running. */
function asksForRetry({ status, headers }: Response): boolean {
  return status === 429 || status === 503 || (status === 409 && headers.has('Retry-After'))
}

/** `fetch` fails with a TypeError when there is no response. @throws anything else */
function networkFailure(error: unknown, { aborted }: AbortSignal): TypeError {
  if (error instanceof TypeError && !aborted) return error
  throw error
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  try {
    await unlessAborted(over, signal)
  } finally {
    clearTimeout(timer)
  }
}

/** 128 random bits. `crypto.randomUUID` does not exist on a page without TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
