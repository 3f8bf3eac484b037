import { operations } from '../document.js'
import { latchkey, type ServerProcess } from '../process.js'
import type { Known } from './known.js'
import { type Answer, type Message, send } from './send.js'
import { PASSWORD } from './values.js'

/**
 * The superuser in whose name the fuzzer asks. Requests may disable, demote or delete it or end its token, as they may do
 * to any other: then it signs in again, and where it cannot, the command makes another one.
 */
export class Owner {
  /** How many were made. */
  made = 0

  constructor(
    private readonly server: ServerProcess,
    private readonly env: Record<string, string>,
    private readonly known: Known,
  ) {}

  async make(): Promise<void> {
    const username = `fuzz-${++this.made}`
    await this.command(['createsuperuser', '--username', username], `${PASSWORD}\n`)
    const token = (await this.command(['token', 'create', username])).trim()
    Object.assign(this.known, { username, token })
    this.known.userId = (await this.superuser())!.id
    await this.signIn()
    await this.makeRows()
  }

  /** Looks after an answer whether token and session still are what they were. */
  async recover({ headers }: Message, { status }: Answer): Promise<void> {
    if (status !== 401 && status !== 403) return
    const { token, session, username } = this.known
    if (headers.Authorization?.includes(token)) {
      if (await this.superuser()) return
      const { status, text } = await this.ask('POST', '/gettoken/', {}, { username, password: PASSWORD })
      if (status === 200) this.known.token = JSON.parse(text).token
      if (!(await this.superuser())) await this.make()
    } else if (session && headers.Cookie?.includes(session)) {
      const { status } = await this.ask('GET', '/api/sessions/current', { Cookie: `latchkey_session=${session}` })
      if (status === 401) await this.signIn()
    }
  }

  /** Some rows of each kind: the first requests find something, and the owner stays one among many. */
  private async makeRows(): Promise<void> {
    const make = async (path: string, body: object) => {
      const operation = operations.find((operation) => operation.method === 'POST' && operation.path === path)!
      this.known.learn(operation, undefined, await this.ask('POST', path, this.own, body))
    }
    for (let number = 1; number <= 15; number++) {
      await make('/api/groups', { name: `group ${this.made}-${number}`, scopes: ['employees:read'] })
      await make('/api/users', { username: `user-${this.made}-${number}` })
      await make('/api/emp_viewset', { empid: this.made * 100 + number, empname: 'Srinu', salary: '20000.00' })
      await make('/api/tokens', { name: `token ${number}`, scopes: ['employees:read', 'tokens:read'] })
    }
  }

  private get own() {
    return { Authorization: `Token ${this.known.token}` }
  }

  /** Whom the token belongs to, while it works and that is a superuser. */
  private async superuser(): Promise<{ id: number } | undefined> {
    const { status, text } = await this.ask('GET', '/api/tokens/current', this.own)
    const user = status === 200 ? JSON.parse(text).user : undefined
    return user?.is_superuser ? user : undefined
  }

  private async signIn() {
    const { username } = this.known
    const headers = { 'Sec-Fetch-Site': 'same-origin' }
    const { status, headers: answered } = await this.ask('POST', '/api/sessions/current', headers, {
      username,
      password: PASSWORD,
    })
    const [, value] = /^latchkey_session=([^;]+)/.exec(answered['set-cookie']?.[0] ?? '') ?? []
    // It is disabled or gone, or is refused for the wrong passwords that were tried with its name.
    if (status !== 200 || !value) return this.make()
    this.known.session = value
  }

  private ask(method: string, path: string, headers: Record<string, string>, json?: object): Promise<Answer> {
    const body = json && Buffer.from(JSON.stringify(json))
    const type = body && { 'Content-Type': 'application/json', 'Content-Length': String(body.length) }
    return send(this.server.url, { method, path, headers: { ...headers, ...type }, body })
  }

  private async command(args: string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await latchkey(args, this.env, input)
    if (code !== 0) throw new Error(`latchkey ${args.join(' ')} ended with ${code}: ${stderr}`)
    return stdout
  }
}
