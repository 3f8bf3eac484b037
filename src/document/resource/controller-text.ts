import { type Column, columnsOf, isOrdering, quoted } from './columns.js'
import type { Plan } from './plan.js'
import { comment, decimalPattern, exampleOf, ownTypes, wireType } from './wire-types.js'
import { camel, pascal } from './words.js'

/** The controller of a planned resource: wire types and the seven operations of the kit. */
export function controllerText(plan: Plan): string {
  const columns = columnsOf(plan)
  const types = ownTypes(plan, columns)
  const one = pascal(plan.singular)
  const shared = ['Day', 'Id', 'Integer', 'Uuid'].filter((name) =>
    columns.some((column) => wireType(plan, column) === name),
  )
  const hasDecimals = columns.some(({ rule }) => rule.kind === 'decimal')
  return `import {
  Body, Delete, Get, Header, Patch, Path, Post, Put, Queries, Query, Request, Route, Security, SuccessResponse, Tags,
} from '@tsoa/runtime'
import { resource } from '../../api/resource.js'
${hasDecimals ? "import { decimalText } from '../../api/values.js'\n" : ''}import type { ${[...shared, 'Paging', 'ResourceRequest'].join(', ')} } from '../../api/wire.js'
import { ${one} } from './${plan.singular}.js'

${types.map((type) => `${type}\n`).join('\n')}
export interface ${one}Input {
${columns
  .filter(({ isGiven }) => isGiven)
  .map((column) => input(plan, column))
  .join('\n')}
}

/** Fields that are absent stay as they are. */
export interface ${one}Patch extends Partial<${one}Input> {}

export interface ${one}View {
${columns.map((column) => viewed(plan, column)).join('\n')}
}

${ordering(plan, columns)}

interface ${one}Query extends Paging {
ordering?: ${one}Ordering
${filters(plan, columns)}
}

const ${camel(plan.name)} = resource(${one}, {
  view: ({ ${columns.map(({ attribute }) => attribute).join(', ')} }): ${one}View => ({
    ${columns.map(shown).join(', ')},
  }),
  search: [${columns
    .filter(({ rule }) => rule.kind === 'text')
    .map(({ attribute }) => quoted(attribute))
    .join(', ')}],${plan.singular.includes('_') ? `\n  noun: ${quoted(plan.singular.replaceAll('_', ' '))},` : ''}
})

${operations(plan, columns[0]!)}`
}

function input(plan: Plan, column: Column): string {
  const { name, rule, isNull, isOptional, default: value } = column
  const lines = [
    ...(rule.kind === 'decimal' ? decimalRules(rule, column) : []),
    ...(value === undefined ? [] : [`@default ${JSON.stringify(value)}`]),
    ...referred(column),
    ...exampled(column),
  ]
  const type = rule.kind === 'decimal' ? 'string | number' : wireType(plan, column)
  return `${comment(lines)}${name}${isOptional ? '?' : ''}: ${type}${isNull ? ' | null' : ''}`
}

function decimalRules(rule: { digits: number; decimals: number }, column: Column): string[] {
  const { digits, decimals } = rule
  const before = digits - decimals
  const sentence = `A valid number is required, with at most ${before} digits before the decimal point and ${decimals} after it.`
  return [
    'As text or as a JSON number; never rounded.',
    `@pattern ${decimalPattern(rule)} ${sentence}`,
    `@example ${JSON.stringify(exampleOf(column))}`,
  ]
}

/** With this, the admin site offers the rows to choose from. */
function referred({ rule }: Column): string[] {
  return rule.kind === 'reference' ? [`@extension {"x-references": "${rule.table}"}`] : []
}

/** The example for a value whose type has none. It refers to no row that may be missing, so that the example works as it is. */
function exampled(column: Column): string[] {
  const { rule, isNull } = column
  if (rule.kind === 'time' || rule.kind === 'boolean') return [`@example ${JSON.stringify(exampleOf(column))}`]
  return rule.kind === 'reference' && isNull ? ['@example null'] : []
}

function viewed(plan: Plan, column: Column): string {
  const { name, rule, isNull } = column
  const isDecimal = rule.kind === 'decimal'
  const lines = isDecimal
    ? [`@example ${JSON.stringify(exampleOf(column))}`]
    : [...referred(column), ...exampled(column)]
  return `${comment(lines)}${name}: ${isDecimal ? 'string' : wireType(plan, column)}${isNull ? ' | null' : ''}`
}

/**
 * Orders by columns with an index. It is a named type, because generators of clients name inline types after the parameter alone.
 */
function ordering(plan: Plan, columns: Column[]): string {
  const orders = columns.filter(isOrdering).map(({ name }) => name)
  const names = orders.flatMap((name) => [quoted(name), quoted(`-${name}`)])
  const example = JSON.stringify(`-${orders[1] ?? orders[0]}`)
  return `/** @example ${example} */\ntype ${pascal(plan.singular)}Ordering = ${names.join(' | ')}`
}

/** The filters, by kind. */
function filters(plan: Plan, columns: Column[]): string {
  return columns
    .filter(({ isKey, isGiven }) => !isKey || isGiven)
    .flatMap((column) => {
      const type = column.rule.kind === 'decimal' ? 'number' : wireType(plan, column)
      const ends = ENDS[column.rule.kind] ?? ['']
      return ends.map((end) => `${column.name}${end}?: ${type}`)
    })
    .join('\n')
}

const RANGES = ['', '_min', '_max']

const ENDS: Record<string, string[]> = {
  text: ['', '_contains'],
  integer: RANGES,
  decimal: RANGES,
  date: RANGES,
  time: RANGES,
}

function shown({ name, attribute, rule, isNull }: Column): string {
  if (rule.kind !== 'decimal') return name === attribute ? name : `${name}: ${attribute}`
  const text = `decimalText(${attribute}, ${rule.decimals})`
  return `${name}: ${isNull ? `${attribute} === null ? null : ${text}` : text}`
}

function operations(plan: Plan, key: Column): string {
  const one = pascal(plan.singular)
  const many = pascal(plan.name)
  const path = `@Path() ${key.name}: ${wireType(plan, key)}`
  const kit = camel(plan.name)
  const request = '@Request() request: ResourceRequest'
  const ifMatch = "@Header('If-Match') ifMatch?: string"
  const retry = "@Header('Idempotency-Key') idempotencyKey?: string"
  return `@Route('api/${plan.name}')
@Tags('${plan.name}')
@Security('Token', ['${plan.name}:write'])
export class ${many}Controller {
  @Get()
  @Security('Token', ['${plan.name}:read'])
  list${many}(${request}, @Queries() query: ${one}Query): Promise<${one}View[]> {
    return ${kit}.list(request, query)
  }

  @Get('{${key.name}}')
  @Security('Token', ['${plan.name}:read'])
  get${one}(${request}, ${path}): Promise<${one}View> {
    return ${kit}.get(request, ${key.name})
  }

  @Post()
  @SuccessResponse(201, 'Created')
  create${one}(${request}, @Body() body: ${one}Input, ${retry}): Promise<${one}View> {
    return ${kit}.create(request, body, idempotencyKey)
  }

  /** @maxItems body 1000 At most 1000 rows. */
  @Post('bulk')
  @SuccessResponse(201, 'Created')
  bulkCreate${many}(${request}, @Body() body: ${one}Input[], @Query() validate?: boolean, ${retry}): Promise<${one}View[]> {
    return ${kit}.bulkCreate(request, body, { validate, idempotencyKey })
  }

  @Put('{${key.name}}')
  replace${one}(${request}, ${path}, @Body() body: ${one}Input, ${ifMatch}): Promise<${one}View> {
    return ${kit}.change(request, ${key.name}, body, ifMatch)
  }

  @Patch('{${key.name}}')
  update${one}(${request}, ${path}, @Body() body: ${one}Patch, ${ifMatch}): Promise<${one}View> {
    return ${kit}.change(request, ${key.name}, body, ifMatch)
  }

  @Delete('{${key.name}}')
  delete${one}(${request}, ${path}, ${ifMatch}): Promise<void> {
    return ${kit}.remove(request, ${key.name}, ifMatch)
  }
}
`
}
