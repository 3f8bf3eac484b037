import { type Column, columnsOf, isOrdering } from './columns.js'
import type { Plan } from './plan.js'
import { otherOf, wrongOf } from './values.js'
import { exampleOf } from './wire-types.js'

/**
 * The test of a planned resource. It tests the rules of its own fields, key and owner. The rules of all resources are tested
 * elsewhere.
 */
export function testText(plan: Plan): string {
  const columns = columnsOf(plan).filter(({ isGiven }) => isGiven)
  const foreign = columns.filter(({ rule }) => rule.kind === 'reference' && rule.table !== plan.name)
  const own = columns.filter((column) => column.rule.kind !== 'reference')
  const given = own.filter(({ isOptional }) => !isOptional).map((column) => [column.name, exampleOf(column)])
  const other = own.map((column) => [column.name, otherOf(column) ?? exampleOf(column)])
  const type = foreign.length > 0 ? ': Record<string, unknown>' : ''
  const made = foreign.filter(({ isOptional }) => !isOptional)
  const scopes = `'${plan.name}:read', '${plan.name}:write'`
  const helpers = [
    ...(foreign.length > 0 ? ['clientFor', 'makeUser'] : []),
    ...(plan.isOwned ? ['superuserClient'] : []),
    'clientWith',
  ]
  return `import { expect } from 'chai'
${foreign.length > 0 ? "import type { User } from '../src/identity/users/user.js'\nimport { exampleRow } from './example-rows.js'\n" : ''}import { ${helpers.sort().join(', ')} } from './support.js'

const PATH = '/api/${plan.name}'

const given${type} = ${object(given)}
const other${type} = ${object(other)}

${foreign.length > 0 ? 'let user: User\n\n' : ''}function client() {
  return ${foreign.length > 0 ? `clientFor(user, [${scopes}])` : `clientWith(${scopes})`}
}

describe('${plan.name}', () => {
${foreign.length > 0 ? before(foreign, made) : ''}${[life, refusals, taken, referred, lists, bulk, owners, closed].flatMap((part) => part(plan, columns) ?? []).join('\n\n')}
})
`
}

function before(foreign: Column[], made: Column[]): string {
  const line = (variable: string) => (column: Column) =>
    `    ${variable}.${column.name} = await exampleRow('${column.rule.kind === 'reference' ? column.rule.table : ''}', user)`
  return `  beforeEach(async () => {
${['    user = await makeUser()', ...made.map(line('given')), ...foreign.map(line('other'))].join('\n')}
  })

`
}

function life(plan: Plan, columns: Column[]): string {
  const { key } = plan
  const isMade = !columns.some(({ isKey }) => isKey)
  const absent = columns
    .filter(({ isOptional }) => isOptional)
    .map(({ name, default: value }) => [name, value ?? null] as [string, unknown])
  const known = [
    ...(isMade ? [`${key.name}: body.${key.name}`] : []),
    ...(plan.isOwned ? ['owner: body.owner'] : []),
    '...given',
    ...members(absent),
  ]
  const whole = isMade ? 'other' : `{ ...other, ${key.name}: given.${key.name} }`
  return `  it('are made with defaults, read at their Location, listed, changed and deleted', async () => {
    const api = await client()
    const { status, body, headers } = await api.post(PATH).send(given)
    expect([status, body]).to.deep.equal([201, { ${known.join(', ')} }])
    const one = headers.location!
    const read = await api.get(one)
    expect(read.body).to.deep.equal(body)
    expect((await api.get(PATH)).body).to.deep.equal([body])
    expect((await api.put(one).set('If-Match', read.headers.etag!).send(${whole})).body).to.deep.equal({ ...body, ...${whole} })
    expect((await api.put(one).set('If-Match', read.headers.etag!).send(${whole})).status).to.equal(412)
    expect((await api.patch(one).send(given)).body).to.deep.equal({ ...body, ...${whole}, ...given })
    expect((await api.delete(one)).status).to.equal(204)
    expect((await api.get(one)).status).to.equal(404)
  })`
}

function refusals(_plan: Plan, columns: Column[]): string {
  const wrong = columns.flatMap((column) => wrongOf(column).map((value) => `['${column.name}', ${written(value)}],`))
  return `  for (const [field, value] of [
    ${[...wrong, "['unknown', 1],"].join('\n')}
  ] as const)
    it(\`refuse \${JSON.stringify(value).slice(0, 20)} as \${field}\`, async () => {
      const { status, body } = await (await client()).post(PATH).send({ ...given, [field]: value })
      expect([status, Object.keys(body.errors)]).to.deep.equal([400, [field]])
    })`
}

function taken({ singular }: Plan, columns: Column[]): string[] {
  const noun = singular.replaceAll('_', ' ')
  return columns
    .filter(({ isKey, isUnique }) => isKey || isUnique)
    .map(
      ({ name }) => `  it('refuse a ${name} that is taken with 409', async () => {
    const api = await client()
    await api.post(PATH).send(other)
    const { status, body } = await api.post(PATH).send({ ...given, ${name}: other.${name} })
    expect([status, body.errors]).to.deep.equal([409, { ${name}: ['${noun} with this ${name} already exists.'] }])
  })`,
    )
}

/** The rows for a reference to the same resource. */
function referred({ name: table, key }: Plan, columns: Column[]): string[] {
  return columns.flatMap(({ name, rule }) => {
    if (rule.kind !== 'reference' || rule.table !== table) return []
    const start = `    const api = await client()
    const { body, headers } = await api.post(PATH).send(given)
    const child = await api.post(PATH).send({ ...other, ${name}: body.${key.name} })
    expect((await api.get(\`\${PATH}?${name}=\${encodeURIComponent(body.${key.name})}\`)).body).to.deep.equal([child.body])`
    return rule.cascades
      ? `  it('go with the ${name} that they refer to', async () => {
${start}
    expect((await api.delete(headers.location!)).status).to.equal(204)
    expect((await api.get(PATH)).body).to.deep.equal([])
  })`
      : `  it('that others refer to as their ${name} stay', async () => {
${start}
    const { status, body: problem } = await api.delete(headers.location!)
    expect([status, problem.detail]).to.deep.equal([409, 'Other objects refer to this one.'])
  })`
  })
}

const FIRST = [0]
const SECOND = [1]

function lists({ key }: Plan, columns: Column[]): string {
  const queries = columns.flatMap((column): [string, number[]][] => {
    const { name, isOptional, default: value, rule } = column
    const other = otherOf(column)
    if (other === undefined) return []
    const first = isOptional ? value : exampleOf(column)
    const isEqual = first === other
    const found: [string, number[]][] = isEqual ? [] : [[`${name}=${other}`, SECOND]]
    if (rule.kind === 'text' && /^another[ -]/.test(String(other)))
      found.push([`${name}_contains=ANOTHER`, SECOND], [`search=another`, SECOND])
    if (['integer', 'decimal', 'date', 'time'].includes(rule.kind) && first !== undefined && !isEqual)
      found.push([`${name}_${compared(first, other) < 0 ? 'min' : 'max'}=${other}`, SECOND])
    if (isOrdering(column) && first !== undefined && !isEqual) {
      const isUp = compared(first, other) < 0
      found.push([`ordering=${name}`, isUp ? [0, 1] : [1, 0]], [`ordering=-${name}`, isUp ? [1, 0] : [0, 1]])
    }
    return found
  })
  const distinct = [...new Map(queries)]
  if (distinct.length === 0) distinct.push(['limit=1', FIRST])
  return `  for (const [query, found] of [
    ${distinct.map(([query, found]) => `['${query}', [${found.join(', ')}]],`).join('\n')}
  ] as const)
    it(\`are listed by \${query}\`, async () => {
      const api = await client()
      const made = [await api.post(PATH).send(given), await api.post(PATH).send(other)]
      const { body } = await api.get(\`\${PATH}?\${encodeURI(query)}\`)
      const keys = made.map((row) => row.body.${key.name})
      expect(body.map((row: { ${key.name}: unknown }) => keys.indexOf(row.${key.name}))).to.deep.equal(found)
    })`
}

function compared(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map((value) => (/^-?[\d.]+$/.test(String(value)) ? Number(value) : String(value)))
  return a! < b! ? -1 : 1
}

function bulk(_plan: Plan, columns: Column[]): string {
  const [field, value] = columns.flatMap((column) =>
    wrongOf(column).map((wrong) => [column.name, wrong] as const),
  )[0] ?? ['unknown', 1]
  return `  it('are made in bulk, all or none', async () => {
    const api = await client()
    const send = (query: string, ...rows: object[]) => api.post(\`\${PATH}/bulk\${query}\`).send(rows)
    expect((await send('?validate=true', given, other)).status).to.equal(204)
    const wrong = await send('', given, { ...other, ${field}: ${written(value)} })
    expect([wrong.status, Object.keys(wrong.body.errors)]).to.deep.equal([400, ['1.${field}']])
    expect((await api.get(PATH)).body).to.deep.equal([])
    const { status, body } = await send('', given, other)
    expect(status).to.equal(201)
    expect((await api.get(PATH)).body).to.have.deep.members(body).and.have.lengthOf(2)
  })`
}

function owners({ name, isOwned }: Plan): string[] {
  if (!isOwned) return []
  return [
    `  it('are seen and changed by their owner and by superusers alone', async () => {
    const { body, headers } = await (await client()).post(PATH).send(given)
    const stranger = await clientWith('${name}:read', '${name}:write')
    expect((await stranger.get(PATH)).body).to.deep.equal([])
    for (const request of [stranger.get(headers.location!), stranger.delete(headers.location!)])
      expect((await request).status).to.equal(404)
    expect((await (await superuserClient()).get(headers.location!)).body).to.deep.equal(body)
  })`,
  ]
}

function closed({ name }: Plan): string {
  return `  it('are closed to a token that may only read', async () => {
    const { body } = await (await clientWith('${name}:read')).post(PATH).send(given)
    expect(body.missing_scopes).to.deep.equal(['${name}:write'])
  })`
}

function object(entries: unknown[][]): string {
  return `{ ${members(entries as [string, unknown][]).join(', ')} }`
}

function members(entries: [string, unknown][]): string[] {
  return entries.map(([name, value]) => `${name}: ${written(value)}`)
}

/** Writes a long text as an expression. */
function written(value: unknown): string {
  const repeated = typeof value === 'string' && /^x{10,}$/.test(value)
  return repeated ? `'x'.repeat(${value.length})` : JSON.stringify(value)
}
