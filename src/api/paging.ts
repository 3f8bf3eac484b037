import {
  type Attributes,
  col,
  fn,
  type Includeable,
  type Model,
  type ModelStatic,
  Op,
  type Order,
  type WhereOptions,
  where,
} from 'sequelize'
import { atLength, type Lane, on, PAGES } from '../platform/database/long-reads.js'
import { type Bind, canBePrepared, keysWhere, prepared, type Scalar } from '../platform/database/prepared-reads.js'
import { invalid } from '../platform/failures.js'
import { type Part, partsAfter, readCursor, writeCursor } from './cursor.js'
import { complaintOf } from './values.js'
import type { Paging, ResourceRequest } from './wire.js'

/** The rows of one page, and cursors for its neighbours. Clients cannot read the cursors. */
export interface Page<Row> {
  rows: Row[]
  next?: string
  previous?: string
  /** How many rows match in all, if `count` asked for it. */
  total?: number
}

/** How many rows a page may skip and still be fast. A thousand of them take a third of a millisecond (measured). */
const SHALLOW = 1000

interface Options {
  /** Attributes in which `search` looks for text. `user.username` belongs to the row that is referred to. */
  search: string[]
  /** The id of the caller. */
  by: number
  /** What the caller may see at all. */
  where?: WhereOptions
  /** Associations to load with the rows. */
  include?: Includeable[]
  /** The conditions for filters that are not columns. */
  filters?: Record<string, (value: never) => WhereOptions>
  /** For attributes that may be null and can be ordered by: where the rows without a value stand in ascending order. */
  nulls?: Record<string, 'first' | 'last'>
}

/**
 * Reads a page of a list, from query parameters that tsoa has checked: `limit`, `offset` or `cursor`, `ordering`, `search`,
 * `<field>`, `<field>_min`, `<field>_max`, `<field>_contains`. With a cursor, the next page costs the same at any depth.
 * @param query its `ordering` must be one of the model's indexed columns, or of `nulls`
 * @throws {HttpError} 400 for a cursor that was not made here or comes with `offset` or another ordering, 503 for a list that
 * waits or takes too long
 */
export async function page<Row extends Model>(
  model: ModelStatic<Row>,
  query: Paging & { ordering?: string },
  { search, by, where: visible, include, filters: special = {}, nulls = {} }: Options,
): Promise<Page<Attributes<Row>>> {
  const { limit = 100, offset = 0, cursor: token, ordering, search: text, count, ...filters } = query
  const key = model.primaryKeyAttribute
  const cursor = token === undefined ? undefined : readCursor(model.name, token)
  if (cursor && (query.offset !== undefined || (ordering ?? cursor.ordering) !== cursor.ordering))
    throw invalid({ cursor: ['A cursor cannot be combined with offset or with another ordering.'] })

  const sorted = cursor?.ordering ?? ordering ?? columnOf(model, key)
  const column = attributeOf(model, sorted.replace(/^-/, ''))
  const descending = sorted.startsWith('-') !== (cursor?.backwards ?? false)
  const direction = descending ? 'DESC' : 'ASC'
  const place = nulls[column] && ((nulls[column] === 'first') === descending ? 'LAST' : 'FIRST')
  /** If no column is text, no row matches, because no key is null. */
  const searchFor = (text: string, bind: Bind): WhereOptions => ({
    [Op.or]: [{ [key]: null }, ...search.map((path) => contains(model, path, text, bind))],
  })
  const conditions = (bind: Bind): WhereOptions[] => [
    visible ?? {},
    ...Object.entries(filters).map(([name, value]) =>
      Object.hasOwn(special, name)
        ? special[name]!(value as never)
        : filter(model, name, normal(value as Scalar), bind),
    ),
    ...(text ? [searchFor(text.normalize('NFC'), bind)] : []),
  ]
  const find = (part: Part, most: number) => (bind: Bind) => ({
    where: { [Op.and]: [...conditions(bind), part(bind)] },
    order: (column === key
      ? [[key, direction]]
      : [
          [column, place ? `${direction} NULLS ${place}` : direction],
          [key, direction],
        ]) as Order,
    limit: bind(most) as number,
    offset: bind(offset) as number,
    include,
  })
  const parts = cursor ? partsAfter(model, column, cursor, descending, place) : [() => ({})]
  const read = async (lane: Lane) => ({
    rows: await fill(limit + 1, parts, (part, most) =>
      !include && canBePrepared(model)
        ? prepared(model, find(part, most), lane)
        : (model.findAll({ ...find(part, most)(inline), ...on(lane) }) as Promise<Attributes<Row>[]>),
    ),
    total: count ? await model.count({ where: { [Op.and]: conditions(inline) }, ...on(lane) }) : undefined,
  })
  // A page that an index gives in order costs as much as it shows. Other pages may read the whole table.
  const isShort = !visible && !text && !count && offset <= SHALLOW && Object.keys(filters).length === 0
  const { rows, total } = isShort ? await read(PAGES) : await atLength(`user ${by}`, read)

  const more = rows.length > limit
  const shown = rows.slice(0, limit)
  if (cursor?.backwards) shown.reverse()
  const at = (row: Record<string, unknown> | undefined, backwards: boolean) =>
    row && writeCursor(model.name, { ordering: sorted, value: plain(row[column]), key: row[key] as number, backwards })
  return {
    rows: shown,
    total,
    next: cursor?.backwards || more ? at(shown.at(-1), false) : undefined,
    previous: (cursor?.backwards ? more : cursor || offset > 0) ? at(shown[0], true) : undefined,
  }
}

/** The `Link` to the page's neighbours (RFC 8288) and `X-Total-Count`, if there are any. */
export function pageHeaders(
  page: Page<unknown>,
  { base, path }: Pick<ResourceRequest, 'base' | 'path'>,
  query: object,
): [string, string][] {
  const link = (cursor: string | undefined, rel: string) => {
    if (cursor === undefined) return []
    const kept = Object.entries(query).filter(
      ([name, value]) => value !== undefined && !['offset', 'cursor', 'count'].includes(name),
    )
    const parameters = new URLSearchParams(kept.map(([name, value]): [string, string] => [name, text(value)]))
    parameters.set('cursor', cursor)
    return [`<${base}${path}?${parameters}>; rel="${rel}"`]
  }
  const links = [...link(page.next, 'next'), ...link(page.previous, 'prev')]
  return [
    ...(links.length > 0 ? [['Link', links.join(', ')] as [string, string]] : []),
    ...(page.total === undefined ? [] : [['X-Total-Count', String(page.total)] as [string, string]]),
  ]
}

/** A statement for `findAll` contains its values. */
const inline: Bind = (value) => value

function filter(model: ModelStatic<Model>, name: string, value: Scalar, bind: Bind): WhereOptions {
  const [, field, kind] = /^(.+?)_(min|max|contains)$/.exec(name) ?? [undefined, name]
  const attribute = attributeOf(model, field!)
  const complaint = kind !== 'contains' && complaintOf(model.getAttributes()[attribute]!, value)
  if (complaint) throw invalid({ [name]: [complaint] })
  if (kind === 'min') return { [attribute]: { [Op.gte]: bind(value) } }
  if (kind === 'max') return { [attribute]: { [Op.lte]: bind(value) } }
  if (kind === 'contains') return contains(model, attribute, String(value), bind)
  return { [attribute]: { [Op.eq]: bind(value) } }
}

/** Names are stored in this form. A client may search in another. */
function normal(value: Scalar): Scalar {
  return typeof value === 'string' ? value.normalize('NFC') : value
}

/** LIKE is not used, because `%` and `_` have a meaning in it, and because it ignores case only on SQLite. */
function contains(model: ModelStatic<Model>, path: string, text: string, bind: Bind): WhereOptions {
  const [attribute, next] = path.split('.') as [string, string | undefined]
  if (next) {
    const { target, foreignKey } = model.associations[attribute]!
    return { [foreignKey]: { [Op.in]: keysWhere(target, contains(target, next, text, bind)) } }
  }
  const position = model.sequelize!.getDialect() === 'postgres' ? 'strpos' : 'instr'
  const folded = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  return where(
    fn(position, fn('lower', col(`${model.name}.${columnOf(model, attribute)}`)), bind(folded)),
    Op.gt,
    0,
  ) as WhereOptions
}

/** The first rows of parts that follow one another. */
async function fill<Row>(
  most: number,
  parts: Part[],
  read: (part: Part, most: number) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const part of parts) if (rows.length < most) rows.push(...(await read(part, most - rows.length)))
  return rows
}

function columnOf(model: ModelStatic<Model>, attribute: string): string {
  return model.getAttributes()[attribute]!.field!
}

/** `user` on the wire is the column `user_id`, if there is no column `user`. */
function attributeOf(model: ModelStatic<Model>, name: string): string {
  const attributes = Object.entries(model.getAttributes())
  const named = (column: string) => attributes.find(([, { field }]) => field === column)
  const found = named(name) ?? named(`${name}_id`)
  if (!found) throw new Error(`${model.name} has no column for ${name}`)
  return found[0]
}

function plain(value: unknown): string | number | null {
  return value instanceof Date ? value.toISOString() : (value as string | number | null)
}

function text(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}
