import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import pg from 'pg'

/** What the real Django wrote; `truth` tells who must be able to do what. */
export const DJANGO = 'test/django'

export interface TrueUser {
  id: number | string
  username: string
  password: string | null
  email: string
  is_active: boolean
  is_staff: boolean
  is_superuser: boolean
  groups: string[]
  token: string | null
  token_works: boolean
  knox?: { value: string; works: boolean }[]
  sign_in: boolean | null
  outcome: 'imported' | 'imported-without-password' | 'conflict' | 'name-refused-today'
}

export const TRUTH: {
  users: TrueUser[]
  custom: { users: TrueUser[] }
  employees: { rows: { empid: number; empname: string; salary: string | null; outcome: string }[] }
} = JSON.parse(readFileSync(`${DJANGO}/truth.json`, 'utf8'))

/** Runs a plain dump of pg_dump, whose rows stand between COPY and a line of `\.`. */
export async function loadDump(url: string, file: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  let statement = ''
  let insert: { text: string; rows: string[][] } | undefined
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [, target, columns] = /^COPY (\S+) \((.*)\) FROM stdin;$/.exec(line) ?? []
    if (insert && line === '\\.') {
      for (const row of insert.rows)
        await client.query(
          insert.text,
          row.map((cell) => (cell === '\\N' ? null : unescaped(cell))),
        )
      insert = undefined
    } else if (insert) insert.rows.push(line.split('\t'))
    else if (target && columns) {
      const places = columns.split(', ').map((_, index) => `$${index + 1}`)
      insert = { text: `INSERT INTO ${target} (${columns}) VALUES (${places})`, rows: [] }
    } else if (!/^(--|\\)/.test(line)) {
      statement += `${line}\n`
      if (!line.endsWith(';')) continue
      await client.query(statement)
      statement = ''
    }
  }
  await client.end()
}

function unescaped(cell: string): string {
  return cell.replace(/\\(.)/g, (_, sign: string) => ({ n: '\n', t: '\t', r: '\r' })[sign] ?? sign)
}
