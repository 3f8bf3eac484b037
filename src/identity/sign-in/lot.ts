import { RateLimiterRes } from 'rate-limiter-flexible'
import { number } from '../../platform/keys.js'
import { limiter } from '../../platform/limiter.js'
import { sharedEntry } from './entries.js'

/** Seconds of a round. One attempt gets through in each. */
const ROUND = 30

/** Seconds for which it is remembered that an address has asked. */
const MEMORY = 600

/** Seconds of extra wait in a round: for each time that the address has asked (18 s at most), and if it has failed. */
const WAIT = { asked: 0.4, mostAsked: 18, failed: 10 }

const openings = limiter('opening', 1, 2 * ROUND)
const asking = limiter('asking', 1, MEMORY)

/**
 * Lets one attempt through in each 30 s. It goes to the address that has asked least. Asking more often only makes the wait
 * longer, so clients that poll leave the turn to one that has just come. Among equals, chance decides, again in each round. An
 * address that has failed comes later, so each guess costs an attacker an address.
 * @param what the attempt is for
 * @param who waits
 * @returns a function that gives the turn back, or the milliseconds until the next turn, 30,000 at most
 */
export async function draw(
  what: string,
  who: string,
  { hasFailed }: { hasFailed: boolean },
): Promise<number | (() => Promise<unknown>)> {
  const round = Math.floor(Date.now() / 1000 / ROUND)
  const into = Date.now() / 1000 - round * ROUND
  const { consumedPoints: asked } = await asking.penalty(sharedEntry('asking', `${what} ${who}`))
  const turn = (times: number, inRound: number) => {
    const lot = number('throttle', `lot ${what} ${who} ${inRound}`) / 2 ** 32
    return Math.min(WAIT.mostAsked, (times + lot) * WAIT.asked) + (hasFailed ? WAIT.failed : 0)
  }
  const opening = `${what} ${round}`
  if (into >= turn(asked - 1, round) && (await isFirst(opening))) return () => openings.delete(opening)
  const isOver = (await openings.get(opening)) !== null
  const next = isOver ? ROUND + turn(asked, round + 1) : Math.max(into + 1, turn(asked, round))
  return Math.min(ROUND, next - into) * 1000
}

/** One step, so that exactly one of many simultaneous attempts is the first. */
function isFirst(key: string): Promise<boolean> {
  return openings.consume(key).then(
    () => true,
    (rejection: unknown) => {
      if (rejection instanceof RateLimiterRes) return false
      throw rejection
    },
  )
}
