import type { Attributes, Model, ModelStatic, Transaction, WhereOptions } from 'sequelize'
import { preparedByKey } from '../platform/database/prepared-reads.js'
import { write } from '../platform/database/write-queue.js'
import { duplicate, HttpError, invalid } from '../platform/failures.js'
import { plainName } from '../platform/names.js'
import { requireMatch } from './conditional.js'
import { once } from './idempotency.js'
import { knownResources } from './known-resources.js'
import { page, pageHeaders } from './paging.js'
import type { Paging, ResourceRequest } from './wire.js'

interface Shape<Row, Seen, View, Asked> {
  /** What a client sees of a row. */
  view: (row: Seen) => View
  /** Attributes whose text `search` looks into. */
  search: string[]
  /** Associations that the view needs. */
  include?: string[]
  /** What the caller may see at all. */
  visible?: (request: Asked) => WhereOptions
  /** Filters of the query that are no columns. */
  filters?: Record<string, (value: never) => WhereOptions>
  /** The sentence for a value that is taken, by its field. */
  taken?: [field: string, sentence: string]
  /**
   * The rules that no wire type can say.
   * @returns the values to store
   * @throws {HttpError} 400
   */
  check?: (values: object, row?: Row) => object
}

/** The bodies of the six operations of a plain resource; its controller has their words, types and scopes. */
export function resource<
  Row extends Model,
  View extends object,
  Seen = Attributes<Row>,
  Asked extends ResourceRequest = ResourceRequest,
>(
  model: ModelStatic<Row>,
  { view, search, include, visible, filters, taken, check = (values) => values }: Shape<Row, Seen, View, Asked>,
) {
  const key = model.primaryKeyAttribute
  const viewOf = (row: unknown) => view(row as Seen)
  const stored = (body: object, row?: Row) => {
    const values = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, plain(name, value)]))
    return row ? check(values, row) : { ...values, ...check(values) }
  }
  knownResources.set(model.tableName, { model, include, view: viewOf as never, stored: stored as never, taken })
  const refused = taken
    ? duplicate(...taken)
    : (error: unknown): never => {
        throw error
      }

  async function found(request: Asked, id: number): Promise<unknown> {
    if (!include && !visible) return preparedByKey(model, id)
    return model.findOne({ where: { ...visible?.(request), [key]: id } as WhereOptions, include })
  }

  function changing<Result>(
    request: Asked,
    id: number,
    ifMatch: string | undefined,
    work: (row: Row, transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    return write(async (transaction) => {
      const where = { ...visible?.(request), [key]: id } as WhereOptions
      const row = await model.findOne({ where, transaction, lock: transaction.LOCK.UPDATE })
      if (!row) throw new HttpError(404, 'Not found.')
      requireMatch(ifMatch, viewOf(row))
      return work(row, transaction)
    })
  }

  return {
    async list(request: Asked, query: Paging): Promise<View[]> {
      const found = await page(model, query, {
        search,
        by: request.user.user.id,
        include,
        where: visible?.(request),
        filters,
      })
      for (const [name, value] of pageHeaders(found, request, query)) request.res!.set(name, value)
      return found.rows.map(viewOf)
    },
    async get(request: Asked, id: number): Promise<View> {
      const row = await found(request, id)
      if (!row) throw new HttpError(404, 'Not found.')
      return viewOf(row)
    },
    async create(request: Asked, body: object, idempotencyKey?: string): Promise<View> {
      const created = await once(request, { key: idempotencyKey, body }, async (transaction) =>
        viewOf(await model.create(stored(body) as never, { transaction }).catch(refused)),
      )
      request.res!.set('Location', `${request.path.replace(/\/$/, '')}/${created[key as keyof View]}`)
      return created
    },
    change(request: Asked, id: number, body: object, ifMatch?: string): Promise<View> {
      return changing(request, id, ifMatch, async (row, transaction) =>
        viewOf(await row.update(stored(body, row) as never, { transaction }).catch(refused)),
      )
    },
    remove(request: Asked, id: number, ifMatch?: string): Promise<void> {
      return changing(request, id, ifMatch, async (row, transaction) => {
        // What it resolves to would be the body of a 204.
        await row.destroy({ transaction })
      })
    },
  }
}

/** As DRF trims every text; in the form in which it is measured and looked for. */
function plain(name: string, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value
  const text = plainName(value)
  if (text === '') throw invalid({ [name]: ['This field may not be blank.'] })
  return text
}
