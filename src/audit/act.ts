import type { Transaction } from 'sequelize'
import { writeRights } from '../platform/database/epoch.js'
import type { Subject } from '../platform/database/known-changes.js'
import { write } from '../platform/database/write-queue.js'
import type { Actor } from './actor.js'
import { type Act, Event } from './event.js'

interface Plan<Locked, Result> {
  actor: Actor
  /** Locks what others may be changing too, before anything else is locked: all who change it then wait in one order. */
  lock?: (transaction: Transaction) => Promise<Locked>
  /** Whose rights it takes away or alters, all of it or by its result: every process learns of it. Nobody's where it is absent. */
  rights?: Subject | ((result: Result) => Subject | undefined)
  /** What the trail says of it: one event, several, or none where nothing was done. */
  what: (result: Result) => Act | Act[] | undefined
}

/**
 * The only way to change anything that is audited. In one transaction it checks the actor's credential again, does the work, and
 * appends the event.
 * @param work awaits nothing but the database
 * @throws {HttpError} 401 or 403 if the actor has lost their rights since the request was authenticated
 */
export function act<Result, Locked = undefined>(
  { actor, lock, rights, what }: Plan<Locked, Result>,
  work: (transaction: Transaction, locked: Locked) => Promise<Result>,
): Promise<Result> {
  const whole = async (transaction: Transaction) => {
    const locked = (await lock?.(transaction)) as Locked
    await actor.recheck?.(transaction)
    const result = await work(transaction, locked)
    const events = [what(result) ?? []].flat()
    await Event.recordAll(
      events.map((event) => [actor, event]),
      transaction,
    )
    return result
  }
  if (!rights) return write(whole)
  return writeRights(whole, typeof rights === 'function' ? rights : () => rights)
}
