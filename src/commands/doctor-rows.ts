import { Change } from '../api/change.js'
import { verifyEvents } from '../audit/chain.js'
import { Event } from '../audit/event.js'
import { verifyHistory } from '../audit/history.js'
import { User } from '../identity/users/user.js'
import { settings } from '../platform/config.js'
import { isSqlite, select } from '../platform/database/connection.js'
import { schemaState } from '../platform/database/migrate.js'
import { keyIdsOf, loadKeys, neededKeyIds } from '../platform/keys.js'
import { type Finding, fail, ok, warn } from './doctor-finding.js'

export async function findingsOfSchema(): Promise<Finding[]> {
  const { applied, pending, unknown } = await schemaState()
  if (unknown.length > 0)
    return [
      fail(
        `the database was written by a newer version of latchkey (${unknown.join(', ')})`,
        'start that version, or restore a backup from before it',
      ),
    ]
  if (pending.length > 0)
    return [fail(`pending: ${pending.join(', ')}`, 'run latchkey migrate as the owner of the tables')]
  return [ok(`${applied.length} migrations, none pending`)]
}

export async function findingsOfIntegrity(): Promise<Finding[]> {
  if (!isSqlite) return [ok('PostgreSQL sees to it')]
  const [row] = await select<{ integrity_check: string }>('PRAGMA integrity_check(1)')
  if (row?.integrity_check === 'ok') return [ok('ok')]
  return [fail(row?.integrity_check ?? 'SQLite says nothing', 'restore a backup')]
}

/** The ids of keys are not secret. The rows contain them. */
export async function findingsOfKeys(): Promise<Finding[]> {
  await loadKeys(settings(), { mayCreateFile: false })
  const [here, needed] = [keyIdsOf(settings()), await neededKeyIds()]
  const spare = here.slice(1).filter((id) => !needed.includes(id))
  const found = [
    ok(`every key that the database needs is there: ${needed.join(', ') || 'none yet'}; the first is ${here[0]}`),
  ]
  if (spare.length > 0)
    found.push(
      warn(
        `nothing needs ${spare.join(', ')} any more`,
        'remove it from LATCHKEY_SECRET_KEY once it is the first key on no node',
      ),
    )
  if (needed.length > 1)
    found.push(
      warn(
        `${needed.length} keys are needed`,
        'run latchkey keys rotate, which moves what it can to the first key; latchkey keys status shows what is left',
      ),
    )
  return found
}

export async function findingsOfSuperusers(): Promise<Finding[]> {
  const count = await User.count({ where: { isSuperuser: true, isActive: true } })
  if (count === 0)
    return [
      fail('there is no active superuser', 'run latchkey createsuperuser, or follow the link that a start prints'),
    ]
  const found = [ok(`${count} active`)]
  if (settings().superuser)
    found.push(
      warn(
        'LATCHKEY_SUPERUSER_PASSWORD is still set, and has no effect any more: anybody who sees the environment sees it',
        'remove it and LATCHKEY_SUPERUSER_USERNAME; change the password if it is still this one',
      ),
    )
  return found
}

export async function findingsOfTrail(): Promise<Finding[]> {
  const { checked, problems = [] } = await verifyEvents()
  const history = await verifyHistory()
  const all = [
    ...problems.map(({ id, reason }) => `event ${id}: ${reason}`),
    ...history.problems.map(({ id, reason }) => `change ${id}: ${reason}`),
  ]
  if (all.length === 0)
    return [ok(`${checked} events, unbroken; ${history.checked} changes as written, ${history.erased} erased`)]
  return [
    fail(
      `it is not as it was written: ${all[0]}${all.length > 1 ? `, and ${all.length - 1} more` : ''}`,
      'run latchkey events verify to see all of them; compare with an export that is kept elsewhere',
    ),
  ]
}

/** When the newest row of the trail or of the history was written. */
export async function newestRow(): Promise<Date | undefined> {
  const newest = { attributes: ['at'], order: [['id', 'DESC']] } as { attributes: string[]; order: [string, string][] }
  const rows = [await Event.findOne(newest), await Change.findOne(newest)]
  const times = rows.flatMap((row) => (row ? [row.at.getTime()] : []))
  return times.length > 0 ? new Date(Math.max(...times)) : undefined
}
