import { request as httpRequest } from 'node:http'
import { type Answer, answerTo } from './answer.js'
import { type Database, freshDatabase } from './databases.js'
import { expectWithin, FIRST, ServerProcess } from './process.js'
import { childrenOf, isRunning } from './processes.js'

export interface Sent {
  json?: object
  method?: string
  headers?: Record<string, string>
}

/** A server with two workers, on a database of its own. */
export class Pair {
  private constructor(
    private readonly database: Database,
    readonly server: ServerProcess,
  ) {}

  /** Of whom the requests are, where they do not say. */
  token = ''

  /** Resolves when both run. */
  static async start(env: Record<string, string> = FIRST): Promise<Pair> {
    const database = await freshDatabase()
    const pair = new Pair(database, await ServerProcess.start({ ...database.env, WEB_CONCURRENCY: '2', ...env }))
    await expectWithin(30_000, async () => pair.workers().length === 2)
    return pair
  }

  async end(): Promise<void> {
    const left = this.workers()
    await this.server.stop('SIGKILL')
    for (const pid of left.filter(isRunning)) process.kill(pid, 'SIGKILL')
    await this.database.remove()
  }

  workers(): number[] {
    return childrenOf(this.server.child.pid!)
  }

  /** On a connection of its own, because a worker keeps the ones that it has. */
  send(path: string, { json, method = json ? 'POST' : 'GET', headers = {} }: Sent = {}): Promise<Answer> {
    const type = json && { 'Content-Type': 'application/json' }
    const all = { ...(headers.Cookie === undefined && { Authorization: `Token ${this.token}` }), ...type, ...headers }
    const request = httpRequest(this.server.url + path, { method, headers: all, agent: false, timeout: 30_000 })
    request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)))
    return answerTo(request, json)
  }

  /** How often each status is the answer to as many requests at once, so many that both workers answer some. */
  async statusesOf(count: number, path: string, sent: Sent = {}): Promise<Record<number, number>> {
    const answers = await Promise.all(Array.from({ length: count }, () => this.send(path, sent)))
    const counts: Record<number, number> = {}
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }

  /** The processes that answered requests with this path, as the log tells. */
  answeredBy(path: string): Set<unknown> {
    return new Set(this.server.lines.filter((line) => line.path === path).map(({ pid }) => pid))
  }

  async bothAnswer(): Promise<void> {
    await expectWithin(30_000, async () => {
      // Where one has just been killed, a connection may have been its own.
      await this.send('/healthz').catch(() => {})
      const running = this.workers()
      return running.length === 2 && running.every((pid) => this.answeredBy('/healthz').has(pid))
    })
  }
}
