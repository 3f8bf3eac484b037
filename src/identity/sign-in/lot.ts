import { RateLimiterRes } from 'rate-limiter-flexible'
import { number } from '../../platform/keys.js'
import { limiter } from '../../platform/limiter.js'

/** Seconds between two openings. */
const ROUND = 30

/** Added to the number of one who has failed before. */
const FAILED = 1_000_000_000

const places = limiter('lot', 1, 2 * ROUND)

/**
 * One try in each 30 s, for which all who wait draw lots: to ask more often gives no better chance. Who asks in one round may be
 * drawn for the next. Those who have not failed yet come first, so that each guess costs an attacker an address.
 * @param what the try is for
 * @param who waits
 * @returns nothing when it is the turn of this one, else the milliseconds until the next round
 */
export async function draw(
  what: string,
  who: string,
  { hasFailed }: { hasFailed: boolean },
): Promise<number | undefined> {
  const now = Date.now()
  const round = Math.floor(now / 1000 / ROUND)
  if ((await isDrawn(what, who, round)) && (await isFirst(`opening ${what} ${round}`))) return undefined
  if (await isFirst(`waits ${what} ${round} ${who}`)) {
    const { consumedPoints } = await places.penalty(`${hasFailed ? 'failed' : 'fresh'} ${what} ${round}`)
    await places.penalty(`place ${what} ${round} ${who}`, consumedPoints + (hasFailed ? FAILED : 0))
  }
  return (round + 1) * ROUND * 1000 - now
}

/** Where nobody has waited, whoever comes is the one. */
async function isDrawn(what: string, who: string, round: number): Promise<boolean> {
  const [fresh, failed, mine] = await Promise.all(
    [`fresh ${what}`, `failed ${what}`]
      .map((key) => countOf(`${key} ${round - 1}`))
      .concat(countOf(`place ${what} ${round - 1} ${who}`)),
  )
  const drawn = (count: number) => 1 + (number('throttle', `lot ${what} ${round}`) % count)
  if (fresh) return mine === drawn(fresh)
  return failed ? mine === FAILED + drawn(failed) : true
}

async function countOf(key: string): Promise<number> {
  return (await places.get(key))?.consumedPoints ?? 0
}

/** One step, so that of many at the same moment one is the first. */
function isFirst(key: string): Promise<boolean> {
  return places.consume(key).then(
    () => true,
    (rejection: unknown) => {
      if (rejection instanceof RateLimiterRes) return false
      throw rejection
    },
  )
}
