import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { resourcesOf } from '../../src/commands/import-resources.js'
import { importDjango } from '../../src/imports/import-django.js'
import { readProject } from '../../src/imports/source.js'
import { TESTER } from '../support.js'

export interface DjangoUser {
  username: string
  password: string
  isActive?: boolean
}

const TABLE = 'shop.employee'

/** Little work, so that the tests are short; Django's own take a million. */
const ITERATIONS = 1000

/**
 * Brings users with a token each, and employees, from a dump of Django.
 * @returns the keys of the tokens, in the order of the users
 * @throws when something of it does not come
 */
export async function comeFromDjango(
  users: DjangoUser[],
  employees: { empid: number; empname: string; salary: string }[],
): Promise<string[]> {
  const keys = users.map(() => randomBytes(20).toString('hex'))
  const dump = [
    ...users.map(({ username, password, isActive = true }, index) => ({
      model: 'auth.user',
      pk: index + 1,
      fields: { username, password: hashOf(password), is_active: isActive, last_login: null, email: '', groups: [] },
    })),
    ...keys.map((key, index) => ({ model: 'authtoken.token', pk: key, fields: { user: index + 1 } })),
    ...employees.map(({ empid, ...fields }) => ({ model: TABLE, pk: empid, fields })),
  ]
  const input = Readable.from([Buffer.from(JSON.stringify(dump))])
  const project = await readProject('-', { tables: [TABLE] }, input)
  const resources = await resourcesOf([{ resource: 'employees', table: TABLE }])
  const { left_out: leftOut, conflicts } = await importDjango(project, {
    actor: TESTER,
    dryRun: false,
    conflicts: 'refuse',
    maxAge: undefined,
    resources,
    onPiece: () => 'go on',
  })
  if (leftOut.length + conflicts.length > 0) throw new Error(JSON.stringify([leftOut, conflicts]))
  return keys
}

function hashOf(password: string): string {
  const salt = randomBytes(8).toString('hex')
  const made = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256').toString('base64')
  return `pbkdf2_sha256$${ITERATIONS}$${salt}$${made}`
}
