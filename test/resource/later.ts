import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blockOf } from '../blocks.js'
import { freshDatabase } from '../databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from '../process.js'

const MIGRATIONS = 'src/platform/database/migrations'
const MODEL = 'src/resources/departments/department.ts'
const CONTROLLER = 'src/resources/departments/departments.controller.ts'

/**
 * Does to departments what docs/your-own-resource.md says of rules and of a change, beside rows that are there.
 * @param room the folder of the copy
 * @returns what is wrong
 */
export async function changedLater(room: string, build: () => string | undefined): Promise<string | undefined> {
  const database = await freshDatabase()
  try {
    const before = await ServerProcess.start({ ...database.env, ...FIRST }, room)
    const made = await send(before, 'POST', '', { name: 'old', budget: '1.00', state: 'open' })
    await before.stop()
    if (made.status !== 201) return `nothing was made: ${made.status}`
    change(room)
    const complaint = build()
    if (complaint) return complaint
    const after = await ServerProcess.start(database.env, room)
    try {
      const told = [
        (await send(after, 'GET', `/${made.body.id}`)).body.phone,
        (await send(after, 'PATCH', `/${made.body.id}`, { phone: '1'.repeat(21) })).status,
        (await send(after, 'PATCH', `/${made.body.id}`, { phone: '+49 30 1' })).body.phone,
        (await send(after, 'GET', '?phone=%2B49%2030%201')).body.length,
        (await send(after, 'GET', '?search=%2B49')).body.length,
        (await send(after, 'PATCH', `/${made.body.id}`, { budget: '-1.00' })).body.errors,
        (await send(after, 'PATCH', `/${made.body.id}`, { state: 'closed' })).body.errors,
      ]
      const refused = [
        { budget: ['A budget is not negative.'] },
        { non_field_errors: ['A closed department has been opened some day.'] },
      ]
      const wanted = [null, 400, '+49 30 1', 1, 1, ...refused]
      return JSON.stringify(told) === JSON.stringify(wanted) ? undefined : JSON.stringify(told)
    } finally {
      await after.stop()
    }
  } finally {
    await database.remove()
  }
}

function change(room: string) {
  const page = 'docs/your-own-resource.md'
  const [migration, column, options] = ['import type { Context }', 'budget:', '{\n  sequelize'].map((beginning) =>
    blockOf(page, beginning),
  ) as [string, string, string]
  const last = readdirSync(join(room, MIGRATIONS))
    .filter((name) => /^1\d{3}-/.test(name))
    .sort()
    .at(-1)!
  const name = `${Number(last.slice(0, 4)) + 1}-department-phones`
  writeFileSync(join(room, MIGRATIONS, `${name}.ts`), migration)
  edit(room, `${MIGRATIONS}/history.ts`, [[/\n\}\n$/, `\n  '${name}': () => import('./${name}.js'),\n}\n`]])
  edit(room, MODEL, [
    [/\n {2}declare state:/, '\n  declare phone: CreationOptional<string | null>$&'],
    [/\n {4}state: \{/, '\n    phone: DataTypes.TEXT,$&'],
    [/ {4}budget: \{.*\},\n/, column],
    [/\{ sequelize, tableName: 'departments' \}/, options.trim()],
  ])
  edit(room, CONTROLLER, [
    [
      /\nexport interface DepartmentInput \{\n/,
      '\n/**\n * @minLength 1\n * @maxLength 20\n * @example "+49 30 1"\n */\ntype DepartmentPhone = string\n$&  phone?: DepartmentPhone | null\n',
    ],
    [/\nexport interface DepartmentView \{\n/, '$&  phone: DepartmentPhone | null\n'],
    [/\ninterface DepartmentQuery extends Paging \{\n/, '$&  phone?: DepartmentPhone\n'],
    [/view: \(\{ id,/, 'view: ({ id, phone,'],
    [/=> \(\{\n {4}id,/, '$&\n    phone,'],
    [/search: \['name'\]/, "search: ['name', 'phone']"],
  ])
}

function edit(room: string, file: string, changes: [from: RegExp, to: string][]) {
  let text = readFileSync(join(room, file), 'utf8')
  for (const [from, to] of changes) {
    const changed = text.replace(from, to)
    if (changed === text) throw new Error(`${file} has no ${from}`)
    text = changed
  }
  writeFileSync(join(room, file), text)
}

async function send(server: ServerProcess, method: string, place: string, body?: object) {
  const json = { 'Content-Type': 'application/json' }
  const signedIn = await fetch(`${server.url}/gettoken/`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify(CREDENTIALS),
  })
  const { token } = (await signedIn.json()) as { token: string }
  const response = await fetch(`${server.url}/api/departments${place}`, {
    method,
    headers: { ...json, Authorization: `Token ${token}` },
    body: body && JSON.stringify(body),
  })
  return { status: response.status, body: JSON.parse((await response.text()) || 'null') }
}
