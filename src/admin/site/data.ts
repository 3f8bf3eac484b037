import { type DataProvider, HttpError, type RaRecord } from 'react-admin'
import { call, type Reply } from './api'
import type { Section } from './document'
import { text } from './words/words'

/** The member of a record for the `ETag` with which it was read. A change sends it. */
export const ETAG = '@etag'

type Row = Record<string, unknown>

/** How many rows are fetched at a time for an export, and the most rows of one export. */
const EXPORT = { page: 1000, most: 200_000 }

/** How many deletions run at a time. A browser opens no more connections to one server. */
const AT_ONCE = 6

/** Connects react-admin to our API. Pages, filters and ordering are the server's, and changes are conditional. */
export function dataProviderOf(sections: Section[]): DataProvider {
  const sectionOf = (resource: string) => sections.find(({ name }) => name === resource)!
  const objectOf = (resource: string, id: unknown) => `${sectionOf(resource).path}/${encodeURIComponent(String(id))}`
  const record = (resource: string, row: Row, etag?: string | null) => ({
    ...row,
    id: row[sectionOf(resource).key] as number,
    ...(etag && { [ETAG]: etag }),
  })

  const getList = async (resource: string, params: Partial<Parameters<DataProvider['getList']>[1]>) => {
    const { page = 1, perPage = 25 } = params.pagination ?? {}
    if (!sectionOf(resource).isPaged) {
      const { body } = await call<Row[]>('GET', sectionOf(resource).path)
      const shown = body.slice((page - 1) * perPage, page * perPage)
      return { data: shown.map((row) => record(resource, row)), total: body.length }
    }
    const query = listQuery(sectionOf(resource), params)
    query.set('limit', String(Math.min(perPage, 1000)))
    query.set('offset', String((page - 1) * perPage))
    query.set('count', 'true')
    const { body, headers } = await call<Row[]>('GET', `${sectionOf(resource).path}?${query}`)
    return { data: body.map((row) => record(resource, row)), total: Number(headers.get('X-Total-Count')) }
  }

  const getOne = async (resource: string, id: unknown) => {
    const { body, headers } = await call<Row>('GET', objectOf(resource, id))
    return record(resource, body, headers.get('ETag'))
  }

  const remove = (resource: string, id: unknown, previous?: RaRecord) =>
    call('DELETE', objectOf(resource, id), { etag: previous?.[ETAG] })

  const provider: DataProvider = {
    getList: getList as DataProvider['getList'],
    getOne: async (resource, { id }) => ({ data: (await getOne(resource, id)) as never }),
    getMany: async (resource, { ids }) => {
      const found = await Promise.allSettled(ids.map((id) => getOne(resource, id)))
      return { data: found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])) as never[] }
    },
    getManyReference: (resource, { target, id, filter, ...params }) =>
      getList(resource, { ...params, filter: { ...filter, [target]: id } }) as never,
    create: async (resource, { data }) => {
      const { body, headers } = await call<Row>('POST', sectionOf(resource).path, { body: data })
      return { data: record(resource, body, headers.get('ETag')) as never }
    },
    update: async (resource, { id, data, previousData }) => {
      const { method, fields } = sectionOf(resource).change!
      const etag = (data as Row)[ETAG] as string | undefined
      if (!etag) throw new Error(text('forms.notWhole'))
      const sent = Object.fromEntries(
        fields
          .filter(({ name }) => name in (data as Row))
          .filter(({ name }) => method === 'PUT' || !isSame((data as Row)[name], (previousData as Row)?.[name]))
          .map(({ name }) => [name, (data as Row)[name]]),
      )
      const { body, headers } = await call<Row>(method, objectOf(resource, id), { body: sent, etag })
      return { data: record(resource, body, headers.get('ETag')) as never }
    },
    updateMany: () => Promise.reject(new Error('No page of this site changes many at once.')),
    delete: async (resource, { id, previousData }) => {
      await remove(resource, id, previousData)
      return { data: (previousData ?? { id }) as never }
    },
    deleteMany: async (resource, { ids }) => {
      const refused: unknown[] = []
      for (let start = 0; start < ids.length; start += AT_ONCE) {
        const results = await Promise.allSettled(ids.slice(start, start + AT_ONCE).map((id) => remove(resource, id)))
        refused.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])))
      }
      if (refused.length > 0) throw severalRefused(ids.length, refused)
      return { data: ids }
    },
  }
  return provider
}

/** Every row of a list with these filters, page by page, following the server's `Link`. */
export async function everyRow(section: Section, params: { filter: object; sort: { field: string; order: string } }) {
  if (!section.isPaged) return (await call<Row[]>('GET', section.path)).body
  const query = listQuery(section, params as never)
  query.set('limit', String(EXPORT.page))
  const rows: Row[] = []
  let next: string | undefined = `${section.path}?${query}`
  while (next && rows.length < EXPORT.most) {
    const reply: Reply<Row[]> = await call<Row[]>('GET', next)
    rows.push(...reply.body)
    next = nextOf(reply.headers.get('Link'), section.path)
  }
  return rows
}

/**
 * The next page of a list, from its `Link` header. Only the query of the link counts, because a proxy may show the site at
 * another address.
 * @param path of the list, as the document has it
 */
export function nextOf(header: string | null, path: string): string | undefined {
  const [, link] = /<([^>]+)>; rel="next"/.exec(header ?? '') ?? []
  return link && path + new URL(link).search
}

function listQuery(section: Section, { filter, sort }: Partial<Parameters<DataProvider['getList']>[1]>) {
  const query = new URLSearchParams()
  const { q, ...filters } = (filter ?? {}) as Row
  if (q) query.set('search', String(q))
  for (const [name, value] of Object.entries(filters))
    if (value !== undefined && value !== null && value !== '') query.set(name, written(value))
  const field = sort?.field === 'id' ? section.key : sort?.field
  const ordering = `${sort?.order === 'DESC' ? '-' : ''}${field}`
  if (section.sortable.includes(ordering)) query.set('ordering', ordering)
  return query
}

function written(value: unknown) {
  return value instanceof Date ? value.toISOString() : String(value)
}

function isSame(a: unknown, b: unknown) {
  return JSON.stringify(a) === JSON.stringify(b)
}

function severalRefused(count: number, refused: unknown[]) {
  const [first] = refused
  const why = first instanceof HttpError ? first.message : String(first)
  return new HttpError(text('lists.notDeleted', { refused: refused.length, count, why }), 409)
}
