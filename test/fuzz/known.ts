import type { Operation } from '../document.js'
import type { Answer } from './send.js'

type Row = Record<string, unknown>

/** What the answers so far have told: the ids, names, cursors and values with which a request can succeed. */
export class Known {
  private readonly collections = new Map<string, Map<number, Row>>()
  private readonly cursors = new Map<string, string[]>()

  /** Values of personal tokens; some of them have ended. */
  readonly personal: string[] = []
  readonly etags: string[] = ['"wYo3hUB6h3kSg8cEk2sQzA"']

  /** The fuzzer's own superuser: its token, and the cookie of its session. */
  token = ''
  session = ''
  userId = 0
  username = ''

  idsOf(collection: string): number[] {
    return [...this.rowsOf(collection).keys()]
  }

  cursorsOf(path: string): string[] {
    return this.cursors.get(path) ?? []
  }

  get groupNames(): string[] {
    return [...this.rowsOf('/api/groups').values()]
      .map(({ name }) => name as string)
      .filter((name) => name !== 'everyone')
  }

  /** What a request must never show, and the variable that stands for it. */
  get secrets(): [value: string, variable: string][] {
    const others = this.personal.map((value, index): [string, string] => [value, `PERSONAL_TOKEN_${index}`])
    return [[this.token, 'TOKEN'] as [string, string], [this.session, 'SESSION'] as [string, string], ...others].filter(
      ([value]) => value !== '',
    )
  }

  /** That it is not there, or no longer. */
  forget({ path }: Operation, id: number): void {
    this.rowsOf(collectionOf(path)).delete(id)
  }

  learn({ path, method }: Operation, id: number | undefined, { status, headers, text }: Answer): void {
    if (status < 200 || status > 299) return
    const collection = collectionOf(path)
    if (method === 'DELETE' && id !== undefined) this.rowsOf(collection).delete(id)
    if (headers.etag) remember(this.etags, headers.etag)
    const [, cursor] = /[?&]cursor=([^&>]+)/.exec(String(headers.link ?? '')) ?? []
    if (cursor) {
      if (!this.cursors.has(path)) this.cursors.set(path, [])
      remember(this.cursors.get(path)!, decodeURIComponent(cursor))
    }
    if (!headers['content-type']?.startsWith('application/json')) return
    const body: Row | Row[] = JSON.parse(text)
    for (const row of Array.isArray(body) ? body : [body]) {
      const key = row.empid ?? row.id
      if (typeof key === 'number') this.rowsOf(collection).set(key, row)
      if (typeof row.token === 'string' && row.kind === 'personal') remember(this.personal, row.token)
    }
  }

  private rowsOf(collection: string): Map<number, Row> {
    const rows = this.collections.get(collection) ?? new Map<number, Row>()
    this.collections.set(collection, rows)
    return rows
  }
}

/** `/api/users` of `/api/users/{id}` and of `/api/users/{id}/password`. */
export function collectionOf(path: string): string {
  const last = path.lastIndexOf('/{')
  return path.endsWith('}') || /\}\/(password|rotate)$/.test(path) ? path.slice(0, last) : path
}

function remember(list: string[], value: string) {
  list.push(value)
  if (list.length > 20) list.shift()
}
