import { RateLimiterRes } from 'rate-limiter-flexible'
import { number } from '../../platform/keys.js'
import { limiter } from '../../platform/limiter.js'
import { sharedEntry } from './entries.js'

/** Seconds of a round, in which one try gets through. */
const ROUND = 30

/** Seconds for which an address is remembered to have asked. */
const MEMORY = 600

/** Seconds into a round that one waits longer for each time it has asked, 18 s at most, and for having failed. */
const WAIT = { asked: 0.4, mostAsked: 18, failed: 10 }

const openings = limiter('opening', 1, 2 * ROUND)
const asking = limiter('asking', 1, MEMORY)

/**
 * One try in each 30 s. It goes to whoever has asked least: to ask more often only makes the wait longer, so those who poll leave
 * the opening to the one who has just come. Among equals the lot decides, anew in each round. Who has failed before comes later,
 * so that each guess costs an attacker an address.
 * @param what the try is for
 * @param who waits
 * @returns when it is the turn of this one, what gives the turn back; else the milliseconds until it may be, 30,000 at most
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

/** One step, so that of many at the same moment one is the first. */
function isFirst(key: string): Promise<boolean> {
  return openings.consume(key).then(
    () => true,
    (rejection: unknown) => {
      if (rejection instanceof RateLimiterRes) return false
      throw rejection
    },
  )
}
