import { Transaction } from 'sequelize'
import { writeUses } from '../src/identity/access/usage.js'
import type { Token } from '../src/identity/tokens/token.js'
import type { User } from '../src/identity/users/user.js'
import { isSqlite, select, sequelize } from '../src/platform/database/connection.js'
import { waitingWrites, write } from '../src/platform/database/write-queue.js'
import { expectWithin } from './process.js'

/**
 * Begins two things that write, of which the second is let in by what the first takes away, say, and writes after it: both
 * wait, in this order, for what the test holds, which is the row on PostgreSQL and the turn to write on SQLite.
 * @param row that both lock
 * @returns what they come to
 */
export async function oneAfterTheOther<First, Second>(
  row: User | Token,
  first: () => PromiseLike<First>,
  second: () => PromiseLike<Second>,
): Promise<[First, Second]> {
  // What the process writes of itself would be taken for one of the two that have to wait.
  await writeUses()
  const release = await (isSqlite ? holdTurn() : holdRow(row))
  try {
    const begun = Promise.resolve(first())
    await expectWithin(1800, async () => (await waiting()) >= 1)
    const both = Promise.all([begun, second()])
    await expectWithin(1800, async () => (await waiting()) >= 2)
    await release()
    return await both
  } finally {
    await release()
  }
}

async function holdTurn() {
  const gate: { open?: () => void } = {}
  const held = write(() => new Promise<void>((resolve) => Object.assign(gate, { open: resolve })))
  await expectWithin(1800, async () => 'open' in gate)
  return () => {
    gate.open!()
    return held
  }
}

async function holdRow(row: User | Token) {
  const transaction = await sequelize.transaction()
  await row.reload({ transaction, lock: Transaction.LOCK.UPDATE })
  let committed: Promise<void> | undefined
  return () => {
    committed ??= transaction.commit()
    return committed
  }
}

async function waiting(): Promise<number> {
  if (isSqlite) return waitingWrites()
  const waiters = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
  return (await select(waiters)).length
}
