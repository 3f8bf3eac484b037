import type { Attributes, Includeable, Model, ModelStatic, Transaction, WhereOptions } from 'sequelize'
import { preparedByKey } from '../platform/database/prepared-reads.js'
import { write } from '../platform/database/write-queue.js'
import { HttpError, invalid } from '../platform/failures.js'
import { eachOf, requireAll } from './bulk.js'
import { requireMatch } from './conditional.js'
import { once } from './idempotency.js'
import { knownResources } from './known-resources.js'
import { isOwned, OWNER, ownRows } from './owner.js'
import { page, pageHeaders } from './paging.js'
import { brokenReferences, referredGone, stillReferred } from './references.js'
import { taken } from './unique.js'
import { absentValues, ownRules, storedValues } from './values.js'
import type { Paging, ResourceRequest } from './wire.js'

type Key = number | string

interface Shape<Seen, View, Asked> {
  /** What a client sees of a row. */
  view: (row: Seen) => View
  /** Attributes whose text `search` looks into; `user.username` is one of the row that is referred to. */
  search: string[]
  /** Associations that the view needs. */
  include?: Includeable[]
  /** What the caller may see at all, where that is not what a model with owners says. */
  visible?: (request: Asked) => WhereOptions
  /** Filters of the query that are no columns. */
  filters?: Record<string, (value: never) => WhereOptions>
  /** Attributes that may be null and be ordered by: where the rows without a value stand when it ascends. */
  nulls?: Record<string, 'first' | 'last'>
  /** What a row is called in the sentence for a value that is taken; without it the model's name. */
  noun?: string
}

/**
 * The bodies of the operations of a plain resource; its controller has their words, types and scopes, and its model the rest: what a
 * column's type, key, owner, references and rules of one's own (`validate`) say.
 */
export function resource<
  Row extends Model,
  View extends object,
  Seen = Attributes<Row>,
  Asked extends ResourceRequest = ResourceRequest,
>(
  model: ModelStatic<Row>,
  { view, search, include, visible, filters, nulls, noun = model.name.toLowerCase() }: Shape<Seen, View, Asked>,
) {
  const key = model.primaryKeyAttribute
  const viewOf = (row: unknown) => view(row as Seen)
  const seenBy = (request: Asked) => visible?.(request) ?? ownRows(model, request)
  const refused = taken(model, noun)
  const nothing = absentValues(model)
  knownResources.set(model.tableName, { model, include, view: viewOf as never, noun })

  async function found(request: Asked, id: Key): Promise<unknown> {
    if (include || visible)
      return model.findOne({ where: { ...seenBy(request), [key]: normal(id) } as WhereOptions, include })
    const row = await preparedByKey(model, normal(id))
    const isSeen = Object.entries(ownRows(model, request) ?? {}).every(
      ([name, value]) => row?.[name as never] === value,
    )
    return isSeen ? row : undefined
  }

  function changing<Result>(
    request: Asked,
    id: Key,
    ifMatch: string | undefined,
    work: (row: Row, transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    return write(async (transaction) => {
      const where = { ...seenBy(request), [key]: normal(id) } as WhereOptions
      const row = await model.findOne({ where, transaction, lock: transaction.LOCK.UPDATE })
      if (!row) throw new HttpError(404, 'Not found.')
      requireMatch(ifMatch, viewOf(row))
      return work(row, transaction)
    })
  }

  async function save(request: Asked, row: Row, transaction: Transaction): Promise<View> {
    const [broken] = await brokenReferences(model, [row], request, transaction)
    const errors = { ...(await ownRules(row)), ...broken }
    if (Object.keys(errors).length > 0) throw invalid(errors)
    await row.save({ transaction, validate: false }).catch(refused).catch(referredGone(model))
    return viewOf(row)
  }

  function built(request: Asked, body: object): Row {
    const owner = isOwned(model) && { [OWNER]: request.user.user.id }
    return model.build({ ...nothing, ...storedValues(model, body), ...owner } as never)
  }

  return {
    async list(request: Asked, query: Paging): Promise<View[]> {
      const where = seenBy(request)
      const found = await page(model, query, { search, by: request.user.user.id, include, where, filters, nulls })
      for (const [name, value] of pageHeaders(found, request, query)) request.res!.set(name, value)
      return found.rows.map(viewOf)
    },
    async get(request: Asked, id: Key): Promise<View> {
      const row = await found(request, id)
      if (!row) throw new HttpError(404, 'Not found.')
      return viewOf(row)
    },
    async create(request: Asked, body: object, idempotencyKey?: string): Promise<View> {
      const created = await once(request, { key: idempotencyKey, body }, (transaction) =>
        save(request, built(request, body), transaction),
      )
      const name = encodeURIComponent(String(created[key as keyof View]))
      request.res!.set('Location', `${request.path.replace(/\/$/, '')}/${name}`)
      return created
    },
    /**
     * All or nothing; where `validate` asks for it, all is checked and nothing is stored, and the response is 204.
     * @throws {HttpError} 400 or 409 with the errors of each row, as `<index>.<field>`
     */
    async bulkCreate(
      request: Asked,
      bodies: object[],
      { validate, idempotencyKey }: { validate?: boolean; idempotencyKey?: string },
    ): Promise<View[]> {
      const work = async (transaction: Transaction) => {
        const rows = eachOf(bodies, (body) => built(request, body))
        await requireAll(model, rows, { noun, request, transaction })
        if (validate) return []
        const values = rows.map((row) => row.get({ plain: true }) as never)
        const made = await model
          .bulkCreate(values, { transaction, returning: true })
          .catch(refused)
          .catch(referredGone(model))
        return made.map(viewOf)
      }
      if (!validate) return once(request, { key: idempotencyKey, body: bodies }, work)
      await write(work)
      request.res!.status(204).end()
      return []
    },
    change(request: Asked, id: Key, body: object, ifMatch?: string): Promise<View> {
      return changing(request, id, ifMatch, (row, transaction) =>
        save(request, row.set(storedValues(model, body, row) as never), transaction),
      )
    },
    remove(request: Asked, id: Key, ifMatch?: string): Promise<void> {
      return changing(request, id, ifMatch, async (row, transaction) => {
        // What it resolves to would be the body of a 204.
        await row.destroy({ transaction }).catch(stillReferred)
      })
    },
  }
}

/** As it is stored; whoever asks for a text may write it in another normal form. */
function normal(id: Key): Key {
  return typeof id === 'string' ? id.normalize('NFC') : id
}
