import type { LeftOut } from '../imports/person.js'
import type { Report } from '../imports/report.js'
import type { RowsReport } from '../imports/rows.js'
import { plain } from './output.js'

/** How many labels of one reason are shown at most. The JSON has all of them. */
const SHOWN = 20

/** The report of an import, for a person. */
export function reportLines(report: Report & { rows: RowsReport[] }): string[] {
  const { outcome, dry_run, came, unchanged, conflicts, left_out, altered, more_here, rows } = report
  const isWritten = outcome !== 'refused' && !dry_run
  return [
    ...(outcome === 'refused'
      ? ['nothing was written: some users have a name that somebody else has here (--skip-conflicts leaves them out)']
      : []),
    ...(dry_run ? ['nothing was written: this is a dry run'] : []),
    `${isWritten ? 'imported' : 'would import'}: ${counts(came)}`,
    `already here: ${counts(unchanged)}`,
    ...rows.map(
      ({ resource, came: added, unchanged: same }) =>
        `${resource}: ${added} rows ${isWritten ? 'imported' : 'would be imported'}, ${same} already here`,
    ),
    ...listed('conflict', conflicts),
    ...listed('left out', left_out),
    ...listed('imported with changes', altered),
    ...more_here.map(
      ({ scope, users }) =>
        `more than in Django: ${users} users have ${scope} here through the group everyone, and had no permission for it`,
    ),
    ...(more_here.length > 0
      ? ['before the clients move, take these scopes from the group everyone and give them to other groups']
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
