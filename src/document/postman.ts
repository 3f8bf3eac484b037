import { readFileSync, writeFileSync } from 'node:fs'
import type { CollectionResult } from 'openapi-to-postmanv2'
import { type Converted, itemOf, type Operation } from './postman-item.js'
import { referredBy } from './postman-references.js'
import { DETAILS, SEVEN_STEPS, type Step } from './postman-steps.js'

// A build step: writes spec/postman_collection.json from spec/openapi.json.

interface Folder {
  name: string
  description?: string
  item: (Folder | Converted)[]
}

const BASE = 'http://localhost:8000'

/** The order in a folder: an object is made, read, listed, replaced, updated and deleted. */
const RANKS: Record<string, number> = { post: 0, 'get one': 1, get: 2, 'put one': 3, 'patch one': 4, 'post one': 5 }
const LAST = 6

// Since Node.js 25, reading it prints a warning to standard error, and a library of the converter reads it.
Reflect.deleteProperty(globalThis, 'localStorage')
const { convertV2 } = await import('openapi-to-postmanv2')

const root = new URL('../../../', import.meta.url)
const document = JSON.parse(readFileSync(new URL('spec/openapi.json', root), 'utf8'))
const operations = Object.entries<Record<string, Omit<Operation, 'path' | 'method'>>>(document.paths).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
)
// A copy, because the converter changes its argument.
const converted = requestsIn(await convert(structuredClone(document)))
writeFileSync(new URL('spec/postman_collection.json', root), `${JSON.stringify(collection(), null, 2)}\n`)

function collection() {
  const { title, description } = document.info
  return {
    info: {
      // Always the same, so that Postman offers to replace what was imported before.
      _postman_id: '6c617463-686b-4579-8000-706f73746d61',
      name: title,
      description: `${description}\n\nFill in \`username\` and \`password\` of a superuser under Variables, then run the folders from top to bottom. What they make they delete.`,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    variable: Object.entries({ baseUrl: BASE, username: 'Srinivas', password: 'admin123', token: '' }).map(
      ([key, value]) => ({ key, value }),
    ),
    auth: {
      type: 'apikey',
      apikey: Object.entries({ key: 'Authorization', value: 'Token {{token}}', in: 'header' }).map(([key, value]) => ({
        key,
        value,
      })),
    },
    item: withoutAddress([
      { name: 'The seven steps', description: 'Those of the README, in its order.', item: SEVEN_STEPS.map(toItem) },
      ...document.tags.map(({ name, description }: { name: string; description: string }) => ({
        name,
        description,
        item: stepsOf(name).map(toItem),
      })),
    ]),
  }
}

/** The address is only in `baseUrl`, where the server of the file may put another one. */
function withoutAddress(folders: object[]): object[] {
  return JSON.parse(JSON.stringify(folders).replaceAll(BASE, '{{baseUrl}}'))
}

function stepsOf(tag: string): Step[] {
  const { before: made, after: deleted, bodyOf } = referredBy(tag, operations, document.components.schemas)
  const own = operations
    .filter(({ tags }) => tags.includes(tag))
    .sort((a, b) => rank(a) - rank(b) || (rank(a) === LAST ? b.path.length - a.path.length : 0))
    .flatMap((operation) => {
      const { operationId, path } = operation
      // The rows are only checked, because rows of a bulk create would have to be deleted one by one.
      const bulk: Omit<Step, 'operationId'> = path.endsWith('/bulk')
        ? { path: `${path}?validate=true`, status: 204 }
        : {}
      const { before = [], body, ...step } = { ...bulk, ...DETAILS[operationId] }
      return [...before, { operationId, ...step, body: { ...body, ...bodyOf(operation) } }]
    })
  return [...made, ...own, ...deleted]
}

/** Objects that belong to another are deleted before it. They have the longer paths. */
function rank({ operationId, method, path }: Operation): number {
  // Rows that other requests make would be in its way.
  if (path.endsWith('/bulk')) return -0.5
  return DETAILS[operationId]?.rank ?? RANKS[path.includes('{') ? `${method} one` : method] ?? LAST
}

function toItem(step: Step) {
  const operation = operations.find(({ operationId }) => operationId === step.operationId)!
  return itemOf(step, operation, converted.get(`${operation.method} ${operation.path}`)!, operations)
}

function convert(data: object): Promise<Folder> {
  return new Promise((resolve, reject) =>
    convertV2(
      { type: 'json', data },
      { folderStrategy: 'Tags', parametersResolution: 'Example', includeAuthInfoInExample: false },
      (error, result?: CollectionResult) =>
        result?.output ? resolve(result.output[0]!.data as Folder) : reject(error ?? new Error(result?.reason)),
    ),
  )
}

/** The requests by method and path, as in the document. */
function requestsIn({ item }: Folder): Map<string, Converted> {
  const found = new Map<string, Converted>()
  for (const part of item) {
    if ('item' in part) for (const [key, request] of requestsIn(part)) found.set(key, request)
    else {
      const { method, url } = part.request
      const path = url.path.map((segment) => segment.replace(/^:(.+)$/, '{$1}')).join('/')
      found.set(`${method.toLowerCase()} /${path}`, part)
    }
  }
  return found
}
