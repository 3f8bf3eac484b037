import type { Wish } from './arguments.js'
import { readCatalogue } from './catalogue.js'
import { nearest } from './nearest-word.js'
import { Refusal } from './plan.js'
import { existing } from './project.js'
import { type Proposal, proposals } from './propose.js'

/**
 * What `--from` prints: command lines, each with the parts of its table that are left out, as shell comments.
 * @param table only this one, or all
 * @throws {Refusal} also for a table that cannot become a resource
 */
export async function linesFrom(source: string, table?: string): Promise<string[]> {
  const all = proposals(await readCatalogue(source), existing())
  if (table === undefined) return all.length > 0 ? all.flatMap(linesOf) : ['# there are no tables']
  const one = all.find((proposal) => proposal.table === table)
  if (!one) {
    const near = nearest(
      table,
      all.map((proposal) => proposal.table),
    )
    throw new Refusal(`--from: there is no table ${table}${near ? `, did you mean ${near}?` : ''}`)
  }
  if (!one.wish) throw new Refusal(`--from: ${table}: ${one.notes.join('; ')}`)
  return linesOf(one)
}

/** The command that a person types for this. */
export function commandOf({ name, fields, key, owned, singular }: Wish): string {
  const options = [
    ...(key ? ['--key', key] : []),
    ...(singular ? ['--singular', singular] : []),
    ...(owned ? ['--owned'] : []),
  ]
  return ['npm run resource -- add', ...[name, ...fields, ...options].map(inShell)].join(' ')
}

function linesOf({ table, wish, notes }: Proposal): string[] {
  const comments = notes.map((note) => `# ${table}: ${note}`.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' '))
  return wish ? [commandOf(wish), ...comments] : comments
}

function inShell(word: string) {
  return /^[\w:,.=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
