import { expect } from 'chai'
import { isSqlite, select, sequelize } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { firstKeyId } from '../src/platform/keys.js'
import { operations } from './document.js'
import { makeUser } from './support.js'

type Values = Record<string, unknown>

const NOW = new Date()
const DIGEST = 'd'.repeat(64)

/** A row of each table that is good, but for what a test changes in it. */
const GOOD: Record<string, Values> = {
  changes: {
    at: NOW,
    actor: 'x',
    actor_kind: 'user',
    action: 'created',
    resource: 'employees',
    object: '1',
    fields: '[]',
    mark: 'x',
  },
  employees: { empid: 1, empname: 'x', salary: 1 },
  epoch: { id: 1, value: 1, takes_imported: false },
  event_ends: { name: 'first', event_id: 1, link: '' },
  events: {
    id: 999_999,
    at: NOW,
    actor: 'x',
    action: 'x',
    object: 'x',
    outcome: 'done',
    address: '',
    detail: '',
    link: 'x',
    mark: 'x',
  },
  groups: { name: 'x', scopes: '' },
  idempotency_keys: { operation_id: 'x', key: 'x', fingerprint: 'x', answer: 'x', created_at: NOW },
  memberships: { group_id: 1 },
  one_time_links: { purpose: 'setup', digest: DIGEST, expires_at: NOW },
  origins: { source: 'django', kind: 'user', origin: '1', target_id: 1, brought: '' },
  rights_changes: { epoch: 999_999, subject: 'all', nonce: 1 },
  scopes: { name: 'reports:read', folded: 'reports:read', description: '' },
  tokens: { kind: 'account', name: '', digest: DIGEST, hint: 'x', created_at: NOW },
  users: {
    username: 'a',
    username_folded: 'a',
    email: '',
    is_active: true,
    is_staff: false,
    is_superuser: false,
    date_joined: NOW,
  },
}

/** Each CHECK: its table and the rest of its name on PostgreSQL, the condition that SQLite names, and what it refuses. */
const CHECKS: [table: string, suffix: string, condition: string, ...wrong: Values[]][] = [
  ['changes', 'action_check', "action IN ('created', 'changed', 'deleted')", { action: 'other' }],
  [
    'changes',
    'actor_kind_check',
    "actor_kind IN ('user', 'command', 'service', 'setup', 'stranger', 'several', 'holder')",
    { actor_kind: 'root' },
  ],
  ['employees', 'empname_check', 'length(empname) BETWEEN 1 AND 20', { empname: '' }, { empname: 'x'.repeat(21) }],
  [
    'employees',
    'salary_check',
    'salary = round(salary, 2) AND abs(salary) < 100000000',
    { salary: 1.234 },
    { salary: 100_000_000 },
    { salary: -100_000_000 },
  ],
  ['epoch', 'id_check', 'id = 1', { id: 2 }],
  ['event_ends', 'name_check', "name IN ('first', 'last')", { name: 'middle' }],
  ['events', 'outcome_check', "outcome IN ('done', 'refused')", { outcome: 'other' }],
  [
    'events',
    'actor_kind_check',
    "actor_kind IN ('user', 'command', 'service', 'setup', 'stranger', 'several', 'holder')",
    { actor_kind: 'root' },
  ],
  ['groups', 'name_check', 'length(name) BETWEEN 1 AND 150', { name: '' }, { name: 'x'.repeat(151) }],
  ['idempotency_keys', 'key_check', 'length(key) BETWEEN 1 AND 255', { key: '' }, { key: 'x'.repeat(256) }],
  ['one_time_links', 'check', "(purpose = 'password') = (user_id IS NOT NULL)", { purpose: 'password' }],
  ['one_time_links', 'digest_check', 'length(digest) = 64', { digest: 'd' }],
  ['one_time_links', 'purpose_check', "purpose IN ('setup', 'password')", { purpose: 'other' }],
  ['origins', 'kind_check', "kind IN ('user', 'group', 'token', 'row', 'ids')", { kind: 'session' }],
  ['origins', 'origin_check', 'length(origin) BETWEEN 1 AND 200', { origin: '' }, { origin: 'x'.repeat(201) }],
  ['origins', 'source_check', 'length(source) BETWEEN 1 AND 50', { source: '' }, { source: 'x'.repeat(51) }],
  [
    'scopes',
    'name_check',
    'length(name) BETWEEN 3 AND 127',
    { name: 'a:' },
    { name: `${'a'.repeat(64)}:${'b'.repeat(63)}` },
  ],
  ['scopes', 'description_check', 'length(description) <= 200', { description: 'x'.repeat(201) }],
  ['tokens', 'check', "(kind = 'personal') = (scopes IS NOT NULL)", { kind: 'personal' }, { scopes: 'employees:read' }],
  ['tokens', 'check1', '(sealed IS NULL) = (sealed_key IS NULL)', { sealed: 'x' }, { sealed_key: true }],
  [
    'tokens',
    'check2',
    "sealed IS NULL OR kind = 'account'",
    { kind: 'personal', scopes: 'employees:read', sealed: 'x', sealed_key: true },
  ],
  ['tokens', 'digest_check', 'length(digest) = 64', { digest: 'd' }],
  ['tokens', 'hint_check', 'length(hint) <= 12', { hint: 'x'.repeat(13) }],
  ['tokens', 'kind_check', "kind IN ('account', 'personal', 'session')", { kind: 'other' }],
  ['tokens', 'last_used_agent_check', 'length(last_used_agent) <= 200', { last_used_agent: 'x'.repeat(201) }],
  ['tokens', 'limit_requests_check', 'limit_requests > 0', { limit_requests: 0 }],
  ['tokens', 'limit_seconds_check', 'limit_seconds > 0', { limit_seconds: 0 }],
  ['tokens', 'name_check', 'length(name) <= 100', { name: 'x'.repeat(101) }],
  ['tokens', 'old_digest_check', 'length(old_digest) = 64', { old_digest: 'd' }],
  [
    'users',
    'check',
    '(password_hash IS NULL) = (password_key IS NULL)',
    { password_hash: 'h'.repeat(60) },
    { password_key: true },
  ],
  [
    'users',
    'check1',
    '(imported_hash IS NULL) = (imported_key IS NULL)',
    { imported_hash: 'x' },
    { imported_key: true },
  ],
  [
    'users',
    'check2',
    'imported_hash IS NULL OR password_hash IS NULL',
    { password_hash: 'h'.repeat(60), password_key: true, imported_hash: 'x', imported_key: true },
  ],
  ['users', 'email_check', 'length(email) <= 254', { email: 'x'.repeat(255) }],
  ['users', 'password_hash_check', 'length(password_hash) = 60', { password_hash: 'x', password_key: true }],
  ['users', 'username_check', 'length(username) BETWEEN 1 AND 150', { username: '' }, { username: 'x'.repeat(151) }],
]

/** Tables of resources that were added, whose own tests show what is refused. */
const ADDED = new Set(
  operations
    .filter(({ path, tags }) => path === `/api/${tags[0]}/bulk` && !(tags[0]! in GOOD))
    .map(({ tags }) => tags[0]!),
)

/** By SQLite's message and by PostgreSQL's, which has types where SQLite needs a CHECK. */
const OTHERS: [what: string, table: string, wrong: Values, sqlite: string, postgres: RegExp][] = [
  [
    'an empid over 32 bits',
    'employees',
    { empid: 2 ** 31 },
    'CHECK constraint failed: empid BETWEEN -2147483648 AND 2147483647',
    /integer out of range/,
  ],
  [
    'a salary that is no number',
    'employees',
    { salary: 'abc' },
    'CHECK constraint failed: salary = round(salary, 2)',
    /invalid input syntax for type numeric/,
  ],
  [
    'no name',
    'employees',
    { empname: null },
    'NOT NULL constraint failed: employees.empname',
    /null value in column "empname" of relation "employees"/,
  ],
  [
    'a group without scopes',
    'groups',
    { scopes: null },
    'NOT NULL constraint failed: groups.scopes',
    /null value in column "scopes" of relation "groups"/,
  ],
  [
    'a second group of one name',
    'groups',
    { name: 'everyone' },
    'UNIQUE constraint failed: groups.name',
    /"groups_name_key"/,
  ],
  [
    'a change of the rights of nobody',
    'rights_changes',
    { subject: null },
    'NOT NULL constraint failed: rights_changes.subject',
    /null value in column "subject" of relation "rights_changes"/,
  ],
  [
    'a membership of nobody',
    'memberships',
    { user_id: 999_999 },
    'FOREIGN KEY constraint failed',
    /"memberships_user_id_fkey"/,
  ],
]

describe('the constraints of the database', () => {
  it('have a row here for each CHECK', async () => {
    if (isSqlite) {
      const all = await select<{ name: string; sql: string }>(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table'",
      )
      const tables = all.filter(({ name }) => !ADDED.has(name))
      const conditions = tables.flatMap(({ sql }) => sql.match(/\bCHECK \(/g) ?? [])
      // One more, because PostgreSQL holds it by the type.
      expect(conditions).to.have.lengthOf(CHECKS.length + 1)
      return
    }
    const all = await select<{ conname: string; relname: string }>(
      "SELECT conname, relname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid WHERE contype = 'c' AND connamespace = 'public'::regnamespace",
    )
    const found = all.filter(({ relname }) => !ADDED.has(relname))
    const reachable = found.map(({ conname }) => conname).filter((name) => name !== 'employees_empid_check')
    expect(reachable).to.have.members(CHECKS.map(([table, suffix]) => `${table}_${suffix}`))
  })

  // Of the others there is one row, or a row has to be one of a chain.
  for (const table of [
    'changes',
    'employees',
    'groups',
    'idempotency_keys',
    'memberships',
    'one_time_links',
    'origins',
    'scopes',
    'tokens',
    'users',
  ])
    it(`take a good row of ${table}`, async () => {
      expect(await refusal(table, {})).to.equal(undefined)
    })

  for (const [table, suffix, condition, ...rows] of CHECKS)
    for (const wrong of rows)
      it(`refuse in ${table} ${shown(wrong)} because of ${condition}`, async () => {
        const { message, constraint } = (await refusal(table, wrong))!
        if (isSqlite) expect(message).to.match(startOf(`CHECK constraint failed: ${condition}`))
        else expect(constraint).to.equal(`${table}_${suffix}`)
      })

  for (const [what, table, wrong, sqlite, postgres] of OTHERS)
    it(`refuse ${what}`, async () => {
      expect((await refusal(table, wrong))!.message).to.match(isSqlite ? startOf(sqlite) : postgres)
    })
})

/** Puts a row into a table that is good but for some values. @returns the database's error; nothing when it took the row */
async function refusal(table: string, wrong: Values): Promise<{ message: string; constraint?: string } | undefined> {
  const { id: user_id } = await makeUser()
  const references: Values = {
    ...(['tokens', 'memberships', 'idempotency_keys'].includes(table) && { user_id }),
    ...(['changes', 'events', 'idempotency_keys'].includes(table) && { key_id: firstKeyId() }),
  }
  const row = { ...references, ...GOOD[table], ...wrong }
  for (const name of ['sealed_key', 'password_key', 'imported_key']) if (row[name]) row[name] = firstKeyId()
  return write((transaction) => sequelize.getQueryInterface().bulkInsert(table, [row], { transaction })).then(
    () => undefined,
    ({ parent }) => parent,
  )
}

function shown(values: Values) {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${String(value).length > 30 ? `of ${String(value).length} characters` : value}`)
    .join(', ')
}

function startOf(text: string) {
  return new RegExp(`^SQLITE_CONSTRAINT: ${text.replace(/[()|[\].+*?^$]/g, '\\$&')}`)
}
