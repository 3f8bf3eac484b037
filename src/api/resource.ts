import type { Attributes, Includeable, Model, ModelStatic, Transaction, WhereOptions } from 'sequelize'
import { lockedByKey, preparedByKey } from '../platform/database/prepared-reads.js'
import { saveIn } from '../platform/database/prepared-save.js'
import { write } from '../platform/database/write-queue.js'
import { HttpError, invalid } from '../platform/failures.js'
import { eachOf, requireAll } from './bulk.js'
import { type Changed, countOf, recordChange } from './change.js'
import { etagOfView, requireMatch } from './conditional.js'
import { once } from './idempotency.js'
import { knownResources } from './known-resources.js'
import { locationOf } from './location.js'
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
  /** Attributes in which `search` looks for text. `user.username` belongs to the row that is referred to. */
  search: string[]
  /** Associations that the view needs. */
  include?: Includeable[]
  /** What the caller may see at all, if the rule for models with owners does not say it. */
  visible?: (request: Asked) => WhereOptions | undefined
  /** The conditions for filters that are not columns. */
  filters?: Record<string, (value: never) => WhereOptions>
  /** Members of the view that nobody edits and that change by themselves. `If-Match` does not compare them. */
  unmatched?: (keyof View & string)[]
  /** For attributes that may be null and can be ordered by: where the rows without a value stand in ascending order. */
  nulls?: Record<string, 'first' | 'last'>
  /** The noun for a row, in the sentence about a value that is taken. Without it, the model's name is used. */
  noun?: string
}

/**
 * Implements the operations of a plain resource. Its controller has their texts, types and scopes. Its model has the rest: types
 * of columns, key, owner, references, and rules of its own (`validate`).
 */
export function resource<
  Row extends Model,
  View extends object,
  Seen = Attributes<Row>,
  Asked extends ResourceRequest = ResourceRequest,
>(
  model: ModelStatic<Row>,
  {
    view,
    search,
    include,
    visible,
    filters,
    nulls,
    unmatched = [],
    noun = model.name.toLowerCase(),
  }: Shape<Seen, View, Asked>,
) {
  const key = model.primaryKeyAttribute
  const viewOf = (row: unknown) => view(row as Seen)
  const seenBy = (request: Asked) => visible?.(request) ?? ownRows(model, request)
  const refused = taken(model, noun)
  const nothing = absentValues(model)
  const isRestricted = visible !== undefined
  knownResources.set(model.tableName, { model, include, view: viewOf as never, noun, isRestricted })

  async function found(request: Asked, id: Key): Promise<unknown> {
    if (include || visible)
      return model.findOne({ where: { ...seenBy(request), [key]: normal(id) } as WhereOptions, include })
    const row = await preparedByKey(model, normal(id))
    return row && isSeen(request, row) ? row : undefined
  }

  async function locked(request: Asked, id: Key, transaction: Transaction): Promise<Row | null> {
    if (visible) {
      const where = { ...seenBy(request), [key]: normal(id) } as WhereOptions
      return model.findOne({ where, transaction, lock: transaction.LOCK.UPDATE })
    }
    const row = await lockedByKey(transaction, model, normal(id))
    return row && isSeen(request, row) ? row : null
  }

  function isSeen(request: Asked, row: object): boolean {
    return Object.entries(ownRows(model, request) ?? {}).every(([name, value]) => row[name as never] === value)
  }

  function changing<Result>(
    request: Asked,
    id: Key,
    ifMatch: string | undefined,
    work: (row: Row, before: View, transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    return write(async (transaction) => {
      const row = await locked(request, id, transaction)
      if (!row) throw new HttpError(404, 'Not found.')
      const before = viewOf(row)
      requireMatch(ifMatch, before, unmatched)
      return work(row, before, transaction)
    })
  }

  function record(request: Asked, object: unknown, changed: Changed, transaction: Transaction): Promise<void> {
    const { id, username } = request.user.user
    const by = { kind: 'user', id, name: username, requestId: request.id }
    return recordChange(transaction, by, { resource: model.tableName, object: String(object) }, changed)
  }

  function ownerOf(row: Row): number | undefined {
    return isOwned(model) ? (row.get(OWNER) as number) : undefined
  }

  async function save(request: Asked, row: Row, before: View | undefined, transaction: Transaction): Promise<View> {
    const [broken] = await brokenReferences(model, [row], request, transaction)
    const errors = { ...(await ownRules(row)), ...broken }
    if (Object.keys(errors).length > 0) throw invalid(errors)
    await saveIn(transaction, row).catch(refused).catch(referredGone(model))
    const after = viewOf(row)
    await record(request, row.get(key), { before, after, ofUser: ownerOf(row) }, transaction)
    return after
  }

  function built(request: Asked, body: object): Row {
    const owner = isOwned(model) && { [OWNER]: request.user.user.id }
    return model.build({ ...nothing, ...storedValues(model, body), ...owner } as never)
  }

  /** Express makes a tag from the text alone, for a response that has no tag yet. */
  function tagged(request: ResourceRequest, seen: View): View {
    if (unmatched.length > 0) request.res!.set('ETag', etagOfView(seen, unmatched))
    return seen
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
      return tagged(request, viewOf(row))
    },
    async create(request: Asked, body: object, idempotencyKey?: string): Promise<View> {
      const created = await once(request, { key: idempotencyKey, body }, (transaction) =>
        save(request, built(request, body), undefined, transaction),
      )
      const name = encodeURIComponent(String(created[key as keyof View]))
      request.res!.set('Location', locationOf(request, `${request.path.replace(/\/$/, '')}/${name}`))
      return tagged(request, created)
    },
    /**
     * Stores all rows or none. With `validate`, it checks everything, stores nothing, and the response is 204.
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
        const ofUser = isOwned(model) ? request.user.user.id : undefined
        if (made.length > 0) await record(request, '', { ...countOf(made.length), ofUser }, transaction)
        return made.map(viewOf)
      }
      if (!validate) return once(request, { key: idempotencyKey, body: bodies }, work)
      await write(work)
      request.res!.status(204).end()
      return []
    },
    async change(request: Asked, id: Key, body: object, ifMatch?: string): Promise<View> {
      const changed = await changing(request, id, ifMatch, (row, before, transaction) =>
        save(request, row.set(storedValues(model, body, row) as never), before, transaction),
      )
      return tagged(request, changed)
    },
    remove(request: Asked, id: Key, ifMatch?: string): Promise<void> {
      return changing(request, id, ifMatch, async (row, before, transaction) => {
        await row.destroy({ transaction }).catch(stillReferred)
        await record(request, row.get(key), { before, ofUser: ownerOf(row) }, transaction)
      })
    },
    /** For a controller that changes rows in its own way: the response, with the tag that a read gives. */
    seen: (request: ResourceRequest, row: Seen): View => tagged(request, view(row)),
    /**
     * For such a controller, inside the write.
     * @throws {HttpError} 412
     */
    requireMatch: (ifMatch: string | undefined, row: Seen): void => requireMatch(ifMatch, view(row), unmatched),
  }
}

/** The key as it is stored. A client may write a text in another normal form. */
function normal(id: Key): Key {
  return typeof id === 'string' ? id.normalize('NFC') : id
}
