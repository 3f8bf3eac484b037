import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { CREDENTIALS } from '../process.js'

const EMPLOYEES = 1000
const TOKENS = 50

/** One request in so many goes wrong. */
const FAULT = 100

/** Unanswered requests at once, from which on the load waits. */
const MOST = 400

interface Wish {
  method: string
  path: string
  token?: string
  body?: string
  headers?: Record<string, string>
  /** What it may be answered; 503 with Retry-After too, while the database is disturbed. */
  expected: number[]
}

export interface Asked {
  /** A second. */
  rate: number
  /** Milliseconds, of all that was answered. */
  p50: number
  p99: number
  statuses: Record<string, number>
}

/** Who asks a service all the time, as many applications at once do. */
export class Clients {
  readonly unexpected: string[] = []
  // Without a timeout of its own the Agent ignores that of the server's Keep-Alive, and sends on sockets that are being closed.
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 20_000 })
  private readonly made: number[] = []
  private next = EMPLOYEES

  private constructor(
    private readonly url: string,
    private readonly tokens: string[],
  ) {}

  static async of(url: string): Promise<Clients> {
    const clients = new Clients(url, [])
    const { text } = await clients.send({
      method: 'POST',
      path: '/gettoken/',
      body: JSON.stringify(CREDENTIALS),
      expected: [200],
    })
    const { token } = JSON.parse(text)
    for (let empid = 0; empid < EMPLOYEES; empid++) await clients.send(employee('POST', empid, token))
    for (let number = 0; number < TOKENS; number++) {
      const body = JSON.stringify({ name: `client ${number}`, scopes: ['employees:read', 'employees:write'] })
      const made = await clients.send({ method: 'POST', path: '/api/tokens', token, body, expected: [201] })
      clients.tokens.push(JSON.parse(made.text).token)
    }
    return clients
  }

  /**
   * Asks for so many seconds.
   * @param rate a second, however long the responses take: a wait is measured from when a request was due
   * @param together where there is no rate: so many at once, without a pause
   */
  async ask({ seconds, rate, together = 0 }: { seconds: number; rate?: number; together?: number }): Promise<Asked> {
    const times: number[] = []
    const statuses: Record<string, number> = {}
    const started = performance.now()
    const end = started + seconds * 1000
    const one = async (due: number) => {
      const status = Math.random() * FAULT < 1 ? await this.goWrong() : (await this.send(this.draw())).status
      statuses[status] = (statuses[status] ?? 0) + 1
      times.push(performance.now() - due)
    }
    let waiting = 0
    if (rate)
      for (let due = started; due < end; ) {
        for (; due < performance.now() && waiting < MOST; due += 1000 / rate) {
          waiting++
          one(due).finally(() => waiting--)
        }
        await wait(2)
      }
    else
      await Promise.all(
        Array.from({ length: together }, async () => {
          while (performance.now() < end) await one(performance.now())
        }),
      )
    while (waiting > 0) await wait(10)
    times.sort((a, b) => a - b)
    const at = (part: number) => times[Math.floor(times.length * part)]!
    return { rate: times.length / ((performance.now() - started) / 1000), p50: at(0.5), p99: at(0.99), statuses }
  }

  /** Closes what it has open. */
  rest(): void {
    this.agent.destroy()
  }

  /** Mostly reads, as applications ask. */
  private draw(): Wish {
    const token = this.tokens[Math.floor(Math.random() * this.tokens.length)]!
    const empid = Math.floor(Math.random() * EMPLOYEES)
    const chance = Math.random()
    if (chance < 0.72) return { method: 'GET', path: `/api/emp_viewset/${empid}`, token, expected: [200] }
    if (chance < 0.8) return { method: 'GET', path: '/api/emp_viewset?limit=25', token, expected: [200] }
    if (chance < 0.84) return { method: 'GET', path: '/api/tokens/current', token, expected: [200] }
    if (chance < 0.92) return employee('PUT', empid, token)
    if (chance < 0.96 || this.made.length === 0) return employee('POST', this.next++, token)
    return { method: 'DELETE', path: `/api/emp_viewset/${this.made.shift()}`, token, expected: [204] }
  }

  /** @returns its status, or what was done to the connection */
  private async goWrong(): Promise<number | string> {
    const [token] = this.tokens as [string]
    const path = '/api/emp_viewset'
    const kinds: (() => Promise<number | string>)[] = [
      () => this.statusOf({ method: 'POST', path, token, body: '{"empid": ', expected: [400] }),
      () => this.statusOf({ method: 'GET', path, token: `${token.slice(0, -1)}!`, expected: [401] }),
      () => this.statusOf({ method: 'POST', path, token, body: `"${'x'.repeat(100_000)}"`, expected: [413] }),
      () => this.statusOf({ ...employee('PUT', 1, token), headers: { 'If-Match': '"stale"' }, expected: [412] }),
      () => this.onSocket(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"empid"`),
      () =>
        this.onSocket(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token ${token}\r\n\r\n`.repeat(20)),
      () => this.onSocket('\x16\x03\x01 no HTTP\r\n\r\n'),
    ]
    return kinds[Math.floor(Math.random() * kinds.length)]!()
  }

  private async statusOf(wish: Wish) {
    return (await this.send(wish)).status
  }

  /** Sends bytes, and goes without a look at what comes. */
  private onSocket(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(Number(new URL(this.url).port), '127.0.0.1', () => {
        socket.write(bytes)
        setTimeout(() => socket.destroy(), 20)
      })
      socket.on('error', () => {}).on('close', () => resolve('gone'))
      socket.pause()
    })
  }

  private send(wish: Wish): Promise<{ status: number; text: string }> {
    const { method, path, token, body, headers, expected } = wish
    return new Promise((resolve) => {
      const done = (status: number, text: string) => {
        if (!expected.includes(status) && !(status === 503 && text.includes('503')))
          this.unexpected.push(`${method} ${path}: ${status} ${text.slice(0, 300)}`)
        if (status === 201 && path === '/api/emp_viewset' && body) {
          const { empid } = JSON.parse(body)
          if (empid >= EMPLOYEES) this.made.push(empid)
        }
        resolve({ status, text })
      }
      const sent = request(
        this.url + path,
        {
          method,
          agent: this.agent,
          headers: {
            ...(token && { Authorization: `Token ${token}` }),
            ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
            ...headers,
          },
        },
        (response) => {
          let text = ''
          response
            .setEncoding('utf8')
            .on('data', (part: string) => (text += part))
            .on('end', () => done(response.statusCode!, text))
            .on('error', (error) => done(0, error.message))
        },
      )
      sent.on('error', (error) => done(0, error.message)).end(body)
    })
  }
}

function employee(method: 'POST' | 'PUT', empid: number, token: string): Wish {
  const body = JSON.stringify({ empid, empname: 'Ravi', salary: String(1000 + Math.floor(Math.random() * 9000)) })
  const path = method === 'POST' ? '/api/emp_viewset' : `/api/emp_viewset/${empid}`
  return { method, path, token, body, expected: [method === 'POST' ? 201 : 200] }
}
