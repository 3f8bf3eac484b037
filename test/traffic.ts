import { setTimeout as wait } from 'node:timers/promises'

type What = 'create' | 'read' | 'revocation' | 'revoked'

/** A request and its response. */
export interface Seen {
  what: What
  /** Which of the places was asked. */
  place: number
  /** When it was sent and when it was over, by `performance.now()`. */
  sent: number
  at: number
  /** 0 where the connection ended before a response. */
  status: number
}

/** Clients of each kind at each place. */
const CREATORS = 4
const READERS = 2

/** Milliseconds that a client rests after a response. */
const REST = 20

/** Milliseconds within which a place knows what another one has revoked. */
const LEASE = 1000

/** Tokens that a user has at most, and how many users have them. */
const EACH = 90
const OWNERS = 3

/**
 * Clients that create, read and revoke at several places, each again and again, until they are stopped. A create has a key and is
 * sent again until it is acknowledged, as docs/tokens.md tells clients.
 */
export class Traffic {
  readonly seen: Seen[] = []
  /** The empids whose creation was acknowledged. */
  readonly created: number[] = []
  /** Tokens whose revocation was acknowledged. */
  readonly revoked: { value: string; place: number; at: number }[] = []
  /** Responses that let such a token in. */
  readonly letIn: string[] = []
  /** What no client should ever be told: anything but the wanted status and an outage. */
  readonly strange: string[] = []

  private made = 0
  private isOver = false
  private clients: Promise<unknown>[] = []

  private constructor(
    private readonly places: string[],
    private readonly root: string,
    private readonly tokens: { id: number; token: string }[],
  ) {}

  /**
   * @param places the URLs that are asked; one that is alone may stand for several nodes
   * @param root a superuser's token
   */
  static async start(places: string[], root: string): Promise<Traffic> {
    const traffic = new Traffic(places, root, await tokensToRevoke(places[0]!, root))
    for (const [place] of places.entries()) {
      const clients = [
        ...Array<(place: number) => Promise<void>>(CREATORS).fill((at) => traffic.create(at)),
        ...Array<(place: number) => Promise<void>>(READERS).fill((at) => traffic.read(at)),
        (at: number) => traffic.revoke(at),
        (at: number) => traffic.tryRevoked(at),
      ]
      traffic.clients.push(...clients.map((client) => traffic.again(() => client(place))))
    }
    return traffic
  }

  async stop(): Promise<void> {
    this.isOver = true
    await Promise.all(this.clients)
  }

  /** For a line of figures: how many responses of a kind there were, by status. */
  told(what: What): string {
    const counts = new Map<number, number>()
    for (const { status } of this.seen.filter((one) => one.what === what))
      counts.set(status, (counts.get(status) ?? 0) + 1)
    return `${what}: ${[...counts].map(([status, count]) => `${count} × ${status || 'no response'}`).join(', ')}`
  }

  /** Milliseconds from a moment until the first response at a place that was not an outage; `Infinity` where there was none. */
  backAfter(moment: number, what: What, place: number): number {
    const isDone = ({ status }: Seen) => ![0, 502, 503].includes(status)
    const first = this.seen.find((one) => one.what === what && one.place === place && one.at > moment && isDone(one))
    return first ? first.at - moment : Number.POSITIVE_INFINITY
  }

  private async again(work: () => Promise<void>) {
    for (; !this.isOver; await wait(REST)) await work()
  }

  private async create(place: number) {
    const empid = ++this.made
    const json = { empid, empname: `e${empid}`, salary: '1.00' }
    const key = `create-${empid}`
    // 409: the first one with this key has not ended yet.
    for (let status = 0; status !== 201; await wait(REST)) {
      status = await this.ask('create', place, [201, 409], { method: 'POST', path: '/api/emp_viewset', json, key })
      if (status === 201) this.created.push(empid)
      else if (this.isOver) return
    }
  }

  private async read(place: number) {
    await this.ask('read', place, [200], { method: 'GET', path: '/api/emp_viewset?limit=1' })
  }

  private async revoke(place: number) {
    const next = this.tokens.pop()
    if (!next) return
    const status = await this.ask('revocation', place, [204], { method: 'DELETE', path: `/api/tokens/${next.id}` })
    if (status === 204) this.revoked.push({ value: next.token, place, at: performance.now() })
    await wait(5 * REST)
  }

  /** The last one, and any other. */
  private async tryRevoked(place: number) {
    const drawn = this.revoked[Math.floor(Math.random() * this.revoked.length)]
    for (const one of [this.revoked.at(-1), drawn]) {
      const isOfThisNode = this.places.length > 1 && one?.place === place
      if (!one || (!isOfThisNode && performance.now() - one.at < LEASE)) continue
      const { value: token } = one
      const status = await this.ask('revoked', place, [401], { method: 'GET', path: '/api/', token })
      if (status === 200) this.letIn.push(`place ${place}, ${(performance.now() - one.at).toFixed(0)} ms later`)
    }
  }

  private async ask(
    what: What,
    place: number,
    wanted: number[],
    { method, path, json, key, token = this.root }: Sent,
  ): Promise<number> {
    const sent = performance.now()
    const headers = {
      Authorization: `Token ${token}`,
      ...(json && { 'Content-Type': 'application/json' }),
      ...(key && { 'Idempotency-Key': key }),
    }
    const [status, text] = await fetch(this.places[place] + path, {
      method,
      headers,
      body: json && JSON.stringify(json),
    })
      .then(async (response) => [response.status, await response.text()] as const)
      .catch(() => [0, ''] as const)
    this.seen.push({ what, place, sent, at: performance.now(), status })
    if (![...wanted, 0, 502, 503].includes(status)) this.strange.push(`${method} ${path} ${status} ${text}`)
    return status
  }
}

interface Sent {
  method: string
  path: string
  json?: object
  key?: string
  token?: string
}

async function tokensToRevoke(url: string, root: string): Promise<{ id: number; token: string }[]> {
  const made: { id: number; token: string }[] = []
  const headers = { Authorization: `Token ${root}`, 'Content-Type': 'application/json' }
  const post = async <Made>(path: string, json: object) => {
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(json) })
    if (response.status !== 201) throw new Error(`${path} ${response.status} ${await response.text()}`)
    return (await response.json()) as Made
  }
  for (let owner = 0; owner < OWNERS; owner++) {
    const user = await post<{ id: number }>('/api/users', { username: `owner-${owner}`, password: 'coffee-4-two' })
    for (let index = 0; index < EACH; index++) {
      const json = { user: user.id, name: `n${index}`, scopes: ['employees:read'] }
      made.push(await post<{ id: number; token: string }>('/api/tokens', json))
    }
  }
  return made
}
