import { Command } from 'commander'
import { User } from '../identity/users/user.js'
import { settings } from '../platform/config.js'
import { isAbsent, isSqlite, noDatabase, readSettings, select } from '../platform/database/connection.js'
import { migrationStatus } from '../platform/database/migrate.js'
import { loadKeys } from '../platform/keys.js'
import { lineOf } from '../process/operator.js'
import { print, printJson } from './output.js'

interface Finding {
  check: string
  ok: boolean
  detail: string
}

type Check = [name: string, look: () => Promise<string>]

/** In order: without its schema a database is not looked into. */
const CHECKS: Check[] = [
  ['schema', schema],
  ['database settings', connection],
  ['database integrity', integrity],
  [
    'server key',
    () => loadKeys(settings(), { mayCreateFile: false }).then(() => 'every key that the database needs is there'),
  ],
  ['superuser', superuser],
]

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look whether everything is as it should be; changes nothing; exit code 1 when something is not')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const findings: Finding[] = []
      for (const [check, look] of CHECKS) {
        findings.push(await examine(check, look))
        if (check === 'schema' && !findings.at(-1)!.ok) break
      }
      if (json) printJson(findings)
      else for (const { check, ok, detail } of findings) print(`${ok ? 'ok  ' : 'FAIL'} ${check}: ${detail}`)
      if (!findings.every(({ ok }) => ok)) process.exitCode = 1
    })
}

async function examine(check: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { check, ok: true, detail: await look() }
  } catch (error) {
    return { check, ok: false, detail: lineOf(error).replace(/^latchkey: /, '') }
  }
}

async function schema() {
  if (isAbsent()) throw noDatabase()
  const { applied, pending } = await migrationStatus()
  if (pending.length > 0) throw new Error(`pending: ${pending.join(', ')}`)
  return `${applied.length} migrations, none pending`
}

async function connection() {
  const found = await readSettings()
  return Object.entries(found)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

async function integrity() {
  if (!isSqlite) return 'left to PostgreSQL'
  const [row] = await select<{ integrity_check: string }>('PRAGMA integrity_check(1)')
  if (row?.integrity_check !== 'ok') throw new Error(row?.integrity_check)
  return 'ok'
}

async function superuser() {
  const count = await User.count({ where: { isSuperuser: true, isActive: true } })
  if (count === 0) throw new Error('there is no active superuser')
  return `${count} active`
}
