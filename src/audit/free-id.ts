import type { Transaction } from 'sequelize'
import { runIn } from '../platform/database/statement.js'
import { table } from '../platform/database/tables.js'
import { log } from '../platform/log.js'

/** Rows that this service did not write, and that were in the way of an append, for `/readyz`. */
export const inTheWay = new Set<number>()

/** How many ids are read at a time in the search for a free one, and how often before it takes one after all of them. */
const PAGE = 1000
const PAGES = 20

const IDS = `SELECT id FROM ${table('events')} WHERE id >= $1 ORDER BY id LIMIT ${PAGE}`

/** Ids are PostgreSQL's 32-bit integers. A stranger's row may have the highest. */
const HIGHEST = 2_147_483_647 - 1_000_000

/** If a stranger has put a row where the next one belongs, the next free id is taken. */
export async function freeId(after: number, transaction: Transaction): Promise<number> {
  let next = after + 1
  for (let page = 0; ; page++) {
    const taken = (await runIn(transaction, IDS, [next])) as { id: number }[]
    for (const { id } of taken) {
      if (next < id) return next
      warnOf(id)
      next = id + 1
    }
    if (taken.length < PAGE) return next
    const highest = page === PAGES ? await highestIn(transaction) : HIGHEST
    if (highest < HIGHEST) next = highest + 1
  }
}

function warnOf(id: number) {
  if (inTheWay.size >= PAGE || inTheWay.has(id)) return
  inTheWay.add(id)
  log.error({ event: id }, 'the trail has a row that nobody here wrote; `latchkey events verify` names all of them')
}

async function highestIn(transaction: Transaction): Promise<number> {
  const [row] = (await runIn(transaction, `SELECT max(id) AS highest FROM ${table('events')}`, [])) as {
    highest: number
  }[]
  return row!.highest
}
