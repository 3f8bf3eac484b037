import { apiCompare } from 'api-smart-diff'

interface Operation {
  operationId: string
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

export interface Breaking {
  /** Any of these in a bullet of the changelog names the change: the operation, its path, the schema, its property. */
  names: string[]
  text: string
}

type Path = (string | number)[]

/**
 * What a client of the first document would stumble over in the second. The comparison of the components says nothing of
 * whether they are sent or answered, so it is that of the paths, where each is resolved.
 */
export function breakingChanges(before: Document, after: Document): Breaking[] {
  // The library writes into what it compares.
  return apiCompare(structuredClone(before), structuredClone(after))
    .diffs.filter(({ path }) => path[0] === 'paths')
    .filter((change) => isBreaking(change))
    .map(({ path, description, before: old, after: changed }) => ({
      names: namesOf(path, typeof (changed ?? old) === 'string' ? (changed ?? old) : undefined, before, after),
      text: `${path.slice(1).join(' ')}: ${description ?? 'changed'}`,
    }))
}

/**
 * @param version whose section is read, as its heading has it in brackets: `Unreleased` or `0.2.0`
 * @returns the changes that none of its bullets names which begin with "Breaking"
 */
export function unnamed(changes: Breaking[], changelog: string, version: string): Breaking[] {
  const section = changelog.split(/^## /m).find((part) => part.startsWith(`[${version}]`)) ?? ''
  const bullets = section.split(/^(?=- |#)/m).filter((bullet) => bullet.startsWith('- **Breaking:**'))
  const words = bullets.flatMap((bullet) => bullet.split(/[\s`,;:()]+/)).map((word) => word.replace(/\.$/, ''))
  return changes.filter(({ names }) => !names.some((name) => words.includes(name)))
}

interface Change {
  path: Path
  action: string
  type: string
  before?: unknown
  after?: unknown
}

/** What the library calls breaking, and what it does not know of. */
function isBreaking({ path, action, type, after }: Change): boolean {
  const last = path.at(-1)
  // A refusal that no longer happens is one less for a client to handle.
  if (action === 'remove' && path.at(-2) === 'responses' && Number(last) >= 400) return false
  // Generated clients are written against the names of operations.
  if (last === 'operationId') return true
  // A token that was enough is not any more.
  if (path.includes('x-required-scopes')) return action !== 'remove'
  const isKeyword = path.at(-2) !== 'properties'
  if (isKeyword && path.includes('responses') && (last === 'type' || (last === 'nullable' && after === true)))
    return true
  return type === 'breaking'
}

function namesOf([, path, method, ...rest]: Path, value: string | undefined, ...documents: Document[]): string[] {
  const operationIds = documents.flatMap(({ paths }) => paths[path!]?.[method!]?.operationId ?? [])
  const schemas = documents.flatMap((document) => schemaNames(document, ['paths', path!, method!, ...rest], value))
  return [String(path), ...operationIds, ...schemas]
}

/** `EmployeeView` and `EmployeeView.salary` for a place that lies in them. */
function schemaNames(document: Document, path: Path, value: string | undefined): string[] {
  const names: string[] = []
  let node: unknown = document
  let schema = ''
  for (const [index, part] of path.entries()) {
    node = (node as Record<string, unknown> | undefined)?.[part]
    const property = path[index - 1] === 'properties' ? part : part === 'required' ? value : undefined
    if (schema && property !== undefined) names.push(`${schema}.${property}`)
    const { $ref } = (node ?? {}) as { $ref?: string }
    if (!$ref) continue
    schema = $ref.split('/').at(-1)!
    names.push(schema)
    node = document.components.schemas[schema]
  }
  return names
}
