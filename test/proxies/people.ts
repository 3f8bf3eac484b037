import { freePort } from '../postgres.js'
import { expectWithin, FIRST, ServerProcess } from '../process.js'

/** Proxies and services are on this machine; clients come from other addresses of it. */
const ENV = { LATCHKEY_TRUST_PROXY: '127.0.0.1' }

export interface Person {
  id: number
  name: string
  /** Of the account. */
  account: string
}

export interface Given {
  /** Of the token. */
  id: number
  value: string
}

const PASSWORD = 'Xk29!plqz'

/** Of the service behind the proxies, as their files name them. */
const SCOPES = ['reports:read', 'reports:write']
const GROUP = 'reporters'

/** A Latchkey that comes back to its port, and the people and tokens of the tests. */
export class Authority {
  readonly port: number
  private root = ''
  private made = 0

  private constructor(
    readonly env: Record<string, string>,
    private server: ServerProcess,
  ) {
    this.port = Number(new URL(server.url).port)
  }

  /**
   * With the scopes of the service, and a group that has them.
   * @param database the settings of an empty or migrated one
   */
  static async start(database: Record<string, string>): Promise<Authority> {
    const env = { ...database, ...ENV, PORT: String(await freePort()) }
    const authority = new Authority(env, await ServerProcess.start({ ...env, ...FIRST }))
    authority.root = await authority.server.signIn()
    for (const name of SCOPES) await authority.send('POST', '/api/scopes', { name })
    await authority.send('POST', '/api/groups', { name: GROUP, scopes: SCOPES })
    return authority
  }

  /** Another node on its database. */
  async node(): Promise<Authority> {
    const env = { ...this.env, PORT: String(await freePort()) }
    const node = new Authority(env, await ServerProcess.start(env))
    node.root = this.root
    return node
  }

  async add(username = `user${++this.made}`): Promise<Person> {
    const { id } = await this.send('POST', '/api/users', { username, password: PASSWORD, groups: [GROUP] })
    const account = await this.server.signIn({ username, password: PASSWORD })
    return { id, name: username, account }
  }

  /** @returns the number and value of a personal token of theirs that may read */
  async give(person: Person, wish: object = {}): Promise<Given> {
    const json = { name: 'test', scopes: ['reports:read'], ...wish }
    const { id, token } = await this.send('POST', '/api/tokens', json, person.account)
    return { id, value: token }
  }

  disable(person: Person): Promise<unknown> {
    return this.send('PATCH', `/api/users/${person.id}`, { is_active: false })
  }

  revoke(id: number): Promise<unknown> {
    return this.send('DELETE', `/api/tokens/${id}`)
  }

  freeze(): void {
    this.server.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.server.child.kill('SIGCONT')
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.thaw()
    await this.server.stop(signal)
  }

  /** On the same port. */
  async startAgain(): Promise<void> {
    this.server = await ServerProcess.start(this.env)
    await expectWithin(5000, async () => (await this.server.fetch('/readyz')).ok)
  }

  private async send(method: string, path: string, json?: object, token = this.root) {
    const response = await this.server.fetch(path, { token, method, json })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text && JSON.parse(text)
  }
}
