import type { LeftOut } from '../imports/person.js'
import type { Report } from '../imports/report.js'
import type { RowsReport } from '../imports/rows.js'
import { plain } from './output.js'

/** Labels of one reason that are shown at most; all of them stand in the JSON. */
const SHOWN = 20

/** A report of an import as a person reads it. */
export function reportLines(report: Report & { rows: RowsReport[] }): string[] {
  const { outcome, dry_run, came, unchanged, conflicts, left_out, altered, more_here, rows } = report
  const isWritten = outcome !== 'refused' && !dry_run
  return [
    ...(outcome === 'refused'
      ? ['nothing is written: some users have a name that somebody else has (--skip-conflicts leaves them out)']
      : []),
    ...(dry_run ? ['nothing is written: this is a dry run'] : []),
    `${isWritten ? 'came' : 'would come'}: ${counts(came)}`,
    `here already: ${counts(unchanged)}`,
    ...rows.map(
      ({ resource, came: added, unchanged: same }) =>
        `${resource}: ${added} rows ${isWritten ? 'came' : 'would come'}, ${same} are here already`,
    ),
    ...listed('conflict', conflicts),
    ...listed('left out', left_out),
    ...listed('came otherwise', altered),
    ...more_here.map(
      ({ scope, users }) =>
        `more than in Django: ${users} users may do ${scope} here, by the group everyone, and had no permission for it`,
    ),
    ...(more_here.length > 0
      ? ['narrow the group everyone before the clients move, and give the scopes to other groups']
      : []),
  ]
}

function counts(by: Record<string, number>): string {
  const parts = Object.entries(by).flatMap(([name, count]) =>
    count > 0 ? `${count} ${name.replaceAll('_', ' ')}` : [],
  )
  return parts.join(', ') || 'nothing'
}

function listed(what: string, all: LeftOut[]): string[] {
  return all.map(({ kind, reason, labels }) => {
    const more = labels.length > SHOWN ? ` and ${labels.length - SHOWN} more` : ''
    return `${what}: ${labels.length} of kind ${kind}, ${reason}: ${labels.slice(0, SHOWN).map(plain).join('; ')}${more}`
  })
}
