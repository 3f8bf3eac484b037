import { readFileSync, writeFileSync } from 'node:fs'
import { SCOPE } from '../identity/scopes/grammar.js'
import { finishedOperation, NOT_MODIFIED, type Operation } from './operation.js'
import { resolved, type Schema } from './parameters.js'
import { ErrorResponses } from './responses.js'
import { finishedSchemas, used } from './schemas.js'

// A build step. tsoa writes build/openapi.json from the controllers, and this writes spec/openapi.json from that.

interface Document {
  openapi: string
  info: Record<string, unknown>
  tags: { name: string; description: string }[]
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; [kind: string]: unknown }
}

/** The address of `npm start`. A running service gives its own address in the document. */
const SERVER = 'http://localhost:8000'

/** This comes first, because everything else needs a token. */
const FIRST = '/gettoken/'

const root = new URL('../../../', import.meta.url)
const raw: Document = JSON.parse(readFileSync(new URL('build/openapi.json', root), 'utf8'))
const { version, license } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
writeFileSync(new URL('spec/openapi.json', root), `${JSON.stringify(finished(raw), null, 2)}\n`)

writeFileSync(
  new URL('spec/gitleaks.toml', root),
  `# For gitleaks: finds latchkey's tokens. Generated; \`latchkey token scan\` also checks the checksum and says which tokens are live.
[[rules]]
id = "latchkey-token"
description = "Latchkey token"
regex = '''\\blks?_[0-9A-Za-z]{49}\\b'''
keywords = ["lk_", "lks_"]
`,
)

/** The document is OpenAPI 3.0.3, because most generators of clients work less well with 3.1. */
function finished(document: Document): Document {
  const { securitySchemes } = document.components
  const schemas = {
    ...finishedSchemas(document.components.schemas, keysOf(document)),
    Scope: { ...document.components.schemas.Scope, pattern: SCOPE.source },
  }
  const errors = new ErrorResponses()
  const finishedPath = ([path, operations]: [string, Record<string, Operation>]) => {
    const isPlain = `${path.replace(/\/\{\w+\}$/, '')}/bulk` in document.paths
    const all = Object.entries(operations).map(
      ([method, operation]) =>
        [method, finishedOperation(operation, { path, method, schemas, isPlain, errors })] as const,
    )
    return [spelling(path), Object.fromEntries(all)] as const
  }
  const paths = Object.entries(document.paths)
    .map(finishedPath)
    .sort(([a], [b]) => Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1))
  const parts = { paths: Object.fromEntries(paths), responses: { ...errors.sorted(), NotModified: NOT_MODIFIED } }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Latchkey',
      version,
      description:
        'Tokens for people and programs, and the resources behind them. Get a token with `POST /gettoken/` and send it as `Authorization: Token <value>`.',
      contact: { name: 'The administrators of this service' },
      license: { name: license, url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: SERVER }],
    tags: tagsOf(paths.flatMap(([, operations]) => Object.values(operations))),
    paths: parts.paths,
    components: {
      schemas: used(parts, schemas),
      responses: parts.responses,
      securitySchemes: withBearer(securitySchemes as Record<string, object>),
    },
  }
}

/** `Bearer` means the same as `Token`, and most clients know no other scheme. The routes only declare `Token`. */
function withBearer({ Token, ...others }: Record<string, object>) {
  return {
    Token,
    Bearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'The same value, sent as `Authorization: Bearer <value>` (RFC 6750).',
    },
    ...others,
  }
}

/** An example of each resource's key, which is that of the row in the example of its create. */
function keysOf({ paths, components }: Document): Record<string, unknown> {
  const keys = Object.entries(paths).flatMap(([path, operations]) => {
    const { tags, parameters = [] } = Object.values(operations)[0]!
    const [, collection, name] = /^(.+)\/\{(\w+)\}$/.exec(path) ?? []
    const key = collection! in paths && parameters.find((parameter) => parameter.name === name)
    return key ? [[tags[0]!, key.example ?? resolved(key.schema, components.schemas).example]] : []
  })
  return Object.fromEntries(keys)
}

/** A tag has the description of its first operation that only reads. */
function tagsOf(operations: Operation[]) {
  const names = [...new Set(operations.flatMap(({ tags }) => tags))].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  )
  return names.map((name) => {
    const own = operations.filter(({ tags }) => tags.includes(name))
    return { name, description: (own.find(({ requestBody }) => !requestBody) ?? own[0]!).description.split('\n')[0]! }
  })
}

/** Readers of the docs need a token first. */
function rank(tag: string) {
  return tag === 'tokens' ? 0 : 1
}

/** tsoa drops the slash that the walkthrough writes. */
function spelling(path: string) {
  return ['/gettoken', '/api'].includes(path) ? `${path}/` : path
}
