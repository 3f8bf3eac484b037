import { english } from './words/english'
import { type Key, text } from './words/words'

/** The part of the OpenAPI document that this site uses. Sections, columns, filters and forms follow from it. */
export interface Schema {
  type?: string
  format?: string
  title?: string
  description?: string
  enum?: string[]
  nullable?: boolean
  default?: unknown
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  pattern?: string
  $ref?: string
  /** The section of the row that it refers to. */
  'x-references'?: string
}

export interface Field {
  name: string
  label: string
  schema: Schema
  isRequired: boolean
}

/** A pair of paths `x` and `x/{id}`. */
export interface Section {
  /** The tag of its operations, which is also the prefix of its scopes. */
  name: string
  label: string
  singular: string
  description: string
  path: string
  /** The path parameter of `x/{id}`, which is the primary key. */
  key: string
  columns: Field[]
  sortable: string[]
  isSearchable: boolean
  /** Whether the API returns it page by page. Otherwise it returns everything at once. */
  isPaged: boolean
  filters: Field[]
  /** The fields of the body of a create, and of an update. Absent if the API does not have the operation. */
  creation?: Field[]
  /** The fields of each row of a bulk create. */
  bulk?: Field[]
  change?: { method: 'PATCH' | 'PUT'; fields: Field[] }
  canDelete: boolean
}

export interface ApiDocument {
  version: string
  sections: Section[]
}

interface Operation {
  tags: string[]
  parameters?: { name: string; in: string; description?: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

interface RawDocument {
  info: { version: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

/** Query parameters of every list that are not filters. */
const PAGING = ['limit', 'offset', 'cursor', 'search', 'count', 'ordering']

export function read(document: RawDocument): ApiDocument {
  const resolve = ({ $ref, ...beside }: Schema): Schema =>
    $ref ? { ...document.components.schemas[$ref.split('/').at(-1)!], ...beside } : beside

  const fieldsOf = (schema: Schema | undefined): Field[] | undefined => {
    if (!schema) return undefined
    const { properties = {}, required = [] } = resolve(schema)
    return Object.entries(properties).map(([name, property]) => {
      const own = resolve(property)
      const items = own.items && resolve(own.items)
      return { name, label: labelOf(name, own), schema: { ...own, items }, isRequired: required.includes(name) }
    })
  }

  const bodyOf = (operation: Operation | undefined) =>
    fieldsOf(operation?.requestBody?.content['application/json']?.schema)

  const rowsOf = (operation: Operation | undefined) =>
    fieldsOf(operation?.requestBody?.content['application/json']?.schema.items)

  const sections = Object.entries(document.paths).flatMap(([path, { get: list, post: create }]): Section[] => {
    const [, objectPath = '', key = ''] =
      Object.keys(document.paths)
        .map((other) => /^(.+)\/\{(\w+)\}$/.exec(other))
        .find((parts) => parts?.[1] === path) ?? []
    if (!list || !key || path.includes('{')) return []
    const { get, put, patch, delete: remove } = document.paths[`${objectPath}/{${key}}`]!
    const columns = fieldsOf(get?.responses['200']?.content?.['application/json']?.schema)
    const name = list.tags[0]!
    if (!columns) return []
    const queries = (list.parameters ?? []).filter((parameter) => parameter.in === 'query')
    const change = bodyOf(patch) ?? bodyOf(put)
    return [
      {
        name,
        label: labelOf(name),
        singular: labelOf(name.replace(/ies$/, 'y').replace(/s$/, '')).toLowerCase(),
        description: document.tags.find((tag) => tag.name === name)?.description ?? '',
        path,
        key,
        columns,
        sortable: queries.flatMap((query) => (query.name === 'ordering' ? (resolve(query.schema).enum ?? []) : [])),
        isPaged: queries.some((query) => query.name === 'limit'),
        isSearchable: queries.some((query) => query.name === 'search'),
        filters: queries
          .filter((query) => !PAGING.includes(query.name))
          .map(({ name, schema, description }) => ({
            name,
            label: labelOf(name, resolve(schema)),
            schema: { ...resolve(schema), description },
            isRequired: false,
          })),
        creation: bodyOf(create),
        bulk: rowsOf(document.paths[`${path}/bulk`]?.post),
        change: change && { method: patch ? 'PATCH' : 'PUT', fields: change },
        canDelete: remove !== undefined,
      },
    ]
  })
  return { version: document.info.version, sections }
}

/**
 * The label of a field or a filter: its title in the document, or else our own word for it, or else its name. `is_active` becomes
 * "Active", and `salary_min` becomes "Salary from".
 */
export function labelOf(name: string, schema: Schema = {}): string {
  if (schema.title) return schema.title
  if (name in english.fields) return text(`fields.${name}` as Key)
  const [, field, end] = /^(.+)_(min|max|contains)$/.exec(name) ?? []
  if (field) return text(ENDS[schema.format?.startsWith('date') ? `${end} of times` : end!]!, { field: labelOf(field) })
  const words = name.replace(/^is_/, '').replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The help for filling in a field. The document's descriptions are Markdown. */
export function helpOf(section: string, { name, schema }: Field): string | undefined {
  const own = `${section}.${name}`
  return own in english.helps ? text(`helps.${own}` as Key) : schema.description?.replaceAll('`', '')
}

const ENDS: Record<string, Key> = {
  contains: 'fields.contains',
  min: 'fields.least',
  max: 'fields.most',
  'min of times': 'fields.since',
  'max of times': 'fields.until',
}
