import type { Context } from './context.js'

/** Rows that are read at a time. */
const PIECE = 1000

/** Text that is looked for in one normal form is kept in it; what would be too long in it stays. */
export async function up(context: Context) {
  await normalize(context, { of: 'employees', key: 'empid', column: 'empname', most: 20 })
  await normalize(context, { of: 'users', key: 'id', column: 'email', most: 254 })
}

async function normalize(
  { rows, run, table }: Context,
  { of, key, column, most }: { of: string; key: string; column: string; most: number },
) {
  const statement = `SELECT ${key} AS key, ${column} AS text FROM ${table(of)} WHERE ${key} >= $from ORDER BY ${key} LIMIT ${PIECE}`
  for (let from = -(2 ** 31), count = PIECE; count === PIECE && from < 2 ** 31; ) {
    const found = await rows<{ key: number; text: string }>(statement, { from })
    for (const { key: id, text } of found) {
      const normal = text.normalize('NFC')
      if (normal !== text && [...normal].length <= most)
        await run(`UPDATE ${table(of)} SET ${column} = $normal WHERE ${key} = $id`, { normal, id })
    }
    count = found.length
    from = (found.at(-1)?.key ?? 0) + 1
  }
}
