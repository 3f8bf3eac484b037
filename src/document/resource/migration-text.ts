import { type Column, columnsOf } from './columns.js'
import type { Key, Plan } from './plan.js'

/** The migration that makes the table of a planned resource. */
export function migrationText(plan: Plan): string {
  const columns = columnsOf(plan)
  const lines = columns.map(column)
  const used = ['id', 'text', 'time', 'day', 'decimal', 'ofType'].filter((name) =>
    lines.some((line) => new RegExp(`\\$\\{${name}\\b`).test(line)),
  )
  const indexed = columns.filter(
    ({ isUnique, isIndexed, rule }) => !isUnique && (isIndexed || rule.kind === 'reference'),
  )
  return `import type { Context } from './context.js'

export async function up({ ${[...used, 'table', 'run', 'joinEveryone'].join(', ')} }: Context) {
  await run(\`CREATE TABLE \${table('${plan.name}')} (
${lines.map((line) => `    ${line}`).join(',\n')}
  )\`)
${indexed.map((one) => `  await run(\`CREATE INDEX ${plan.name}_${one.name} ON \${table('${plan.name}')} (${indexedBy(one, plan)})\`)\n`).join('')}  await joinEveryone('${plan.name}')
}
`
}

function column(column: Column): string {
  const { name, rule, isKey, isNull, isUnique } = column
  if (rule.kind === 'id' && isKey) return `${name} \${id}`
  const constraints = `${isKey ? ' PRIMARY KEY' : ''}${isNull ? '' : ' NOT NULL'}${isUnique ? ' UNIQUE' : ''}`
  if (rule.kind === 'reference') {
    const end = rule.cascades ? ' ON DELETE CASCADE' : ''
    return `${name} ${keyType(rule.key)}${constraints} REFERENCES \${table('${rule.table}')} (${rule.key.name})${end}`
  }
  if (rule.kind === 'date') return `${name} \${day('${name}')}${constraints}`
  if (rule.kind === 'time') return `${name} \${time}${constraints}`
  const [type, check] = CHECKED[rule.kind]!(name, rule as never)
  return `${name} ${type}${constraints} CHECK (${check})`
}

function keyType({ kind }: Key) {
  return kind === 'text' || kind === 'uuid' ? TEXT : 'INTEGER'
}

/** The type in the migration's context, for each database. */
const TEXT = `\${text}`

/** Type and condition, the same on both databases. */
const CHECKED: Record<string, (name: string, rule: never) => [type: string, check: string]> = {
  text: (name, { least, most }: { least: number; most: number }) => [
    TEXT,
    `length(${name}) ${least > 0 ? `BETWEEN ${least} AND` : '<='} ${most} AND \${ofType('${name}', 'text')}`,
  ],
  uuid: (name) => [TEXT, `length(${name}) = 36 AND \${ofType('${name}', 'text')}`],
  integer: (name, { least, most }: { least: number; most: number }) => [
    'INTEGER',
    `${name} BETWEEN ${least} AND ${most} AND \${ofType('${name}', 'integer')}`,
  ],
  decimal: (name, { digits, decimals }: { digits: number; decimals: number }) => [
    'NUMERIC',
    `\${decimal('${name}', ${digits}, ${decimals})}`,
  ],
  boolean: (name) => ['BOOLEAN', `${name} IN (TRUE, FALSE)`],
  enum: (name, { values }: { values: string[] }) => [
    TEXT,
    `${name} IN (${values.map((value) => `'${value}'`).join(', ')})`,
  ],
}

/** An index for ordering contains the key, because rows with equal values are in the order of their keys. */
function indexedBy({ name, rule }: Column, { key }: Plan) {
  return rule.kind === 'reference' ? name : `${name}, ${key.name}`
}
