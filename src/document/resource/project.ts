import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { INTEGER, type Key, Refusal, type Target } from './plan.js'
import { camel, pascal } from './words.js'

/** An existing resource. */
export interface Existing extends Target {
  /** Of the collection, as in the document. */
  path: string
}

interface Schema {
  $ref?: string
  type?: string
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
}

interface Document {
  paths: Record<
    string,
    Record<string, { operationId: string; tags: string[]; parameters?: { name: string; schema: Schema }[] }>
  >
  components: { schemas: Record<string, Schema> }
}

export const RESOURCES = 'src/resources'
export const MIGRATIONS = 'src/platform/database/migrations'

/** Migration numbers up to here belong to this project's releases. A copy with resources of its own may merge them later. */
const OWN = 1000

/** Names that mean something else in a place where a resource would have its own. */
const OTHERS: Record<string, string> = {
  latchkey: 'scopes of that name are kept for the service itself',
  ...Object.fromEntries(
    ['docs', 'admin', 'account', 'healthz', 'readyz', 'metrics', 'gettoken'].map((name) => [
      name,
      'a path of the service',
    ]),
  ),
  ...Object.fromEntries(['login', 'setup'].map((name) => [name, 'a page of the admin site'])),
}

/** Names that the generated controller imports. Its model cannot have one of them. */
const IMPORTED =
  `Body Delete Get Header Patch Path Post Put Queries Query Request Response Route Security SuccessResponse Tags Day Id Instant Uuid
  Paging Problem ResourceRequest Model DataTypes Date Promise Partial Number String Object Array Error`.split(/\s+/)

/** The resources of this folder's project, by their controllers and the document. */
export function existing(): Existing[] {
  return readdirSync(RESOURCES)
    .filter((name) => existsSync(`${RESOURCES}/${name}/${name}.controller.ts`))
    .flatMap((name) => {
      const controller = read(`${RESOURCES}/${name}/${name}.controller.ts`)
      const path = `/${/@Route\('([^']+)'\)/.exec(controller)?.[1]}`
      const key = keyOf(path)
      return key ? [{ name, path, key }] : []
    })
}

/**
 * @param name of the planned resource
 * @throws {Refusal} if something here has the name already
 */
export function requireFree(name: string, singular: string): void {
  const reason = takenBy(name) ?? takenSingular(singular)
  if (reason) throw new Refusal(`${name}: ${reason}`)
}

function takenBy(name: string): string | undefined {
  if (existsSync(`${RESOURCES}/${name}/${name}.controller.ts`)) return 'there is a resource of this name'
  if (existsSync(`${RESOURCES}/${name}`)) return `there is a folder ${RESOURCES}/${name}`
  if (Object.hasOwn(OTHERS, name)) return `reserved: ${OTHERS[name]}`
  const operations = Object.entries(document().paths).flatMap(([path, methods]) =>
    Object.values(methods).map(({ tags }) => ({ path, tags })),
  )
  if (operations.some(({ tags }) => tags.some((tag) => same(tag, name))))
    return 'the service has scopes or a section of it'
  if (operations.some(({ path }) => path.split('/').includes(name))) return 'a path of the API has it'
  if (tables().has(name)) return 'there is a table of this name'
  return undefined
}

function takenSingular(singular: string): string | undefined {
  const named = pascal(singular)
  const other = ', say what one is called with --singular'
  if (IMPORTED.includes(named)) return `its controller could not have a ${named} of its own${other}`
  if (models().has(named)) return `there is a model ${named} already${other}`
  const schemas = Object.keys(document().components.schemas)
  const schema = [named, `${named}Input`, `${named}Patch`, `${named}View`].find((one) => schemas.includes(one))
  return schema && `the document has a ${schema} already${other}`
}

/** The file of its test. Some names are those of other tests, such as `addresses`. */
export function testFileOf(name: string): string {
  const file = `test/${name}.test.ts`
  return existsSync(file) ? `test/${name}-resource.test.ts` : file
}

/** The name of the next migration. */
export function migrationOf(name: string): string {
  const numbers = [...history().matchAll(/^ {2}'(\d{4})-/gm)].map(([, number]) => Number(number))
  return `${Math.max(OWN, ...numbers) + 1}-${name.replaceAll('_', '-')}`
}

export const HISTORY = `${MIGRATIONS}/history.ts`

export function history() {
  return read(HISTORY)
}

function tables(): Set<string> {
  const texts = readdirSync(MIGRATIONS).map((file) => read(`${MIGRATIONS}/${file}`))
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/CREATE TABLE (?:\$\{table\(')?(\w+)/g)].map(([, name]) => name!)),
  )
}

/** The models of Sequelize, which allows one model with a name, in whatever file. */
function models(): Set<string> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.d)\.ts$/.test(file))
  return new Set(
    files.flatMap((file) =>
      [...read(`src/${file}`).matchAll(/\bclass (\w+) extends Model\b/g)].map(([, name]) => name!),
    ),
  )
}

/** The key, from the path of one row, whose only parameter it is. */
function keyOf(path: string): Key | undefined {
  const { paths, components } = document()
  const one = Object.keys(paths).find((other) => other.startsWith(`${path}/{`) && other.endsWith('}'))
  const parameter = one && Object.values(paths[one]!)[0]!.parameters?.find(({ name }) => one === `${path}/{${name}}`)
  if (!parameter) return undefined
  const { name, schema } = parameter
  if (schema.$ref?.endsWith('/Id')) return { name, kind: 'id' }
  const {
    type,
    format,
    minimum,
    maximum,
    minLength = 1,
    maxLength = 100,
  } = schema.$ref ? components.schemas[schema.$ref.split('/').at(-1)!]! : schema
  if (format === 'uuid') return { name, kind: 'uuid' }
  if (type === 'string') return { name, kind: 'text', least: minLength, most: maxLength }
  return { name, kind: 'integer', least: minimum ?? INTEGER.least, most: maximum ?? INTEGER.most }
}

function document(): Document {
  return JSON.parse(read('spec/openapi.json'))
}

function read(file: string) {
  return readFileSync(file, 'utf8')
}

function same(one: string, other: string) {
  return camel(one.replaceAll('-', '_')) === camel(other)
}
