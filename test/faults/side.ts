import { Known } from '../fuzz/known.js'
import { Owner } from '../fuzz/owner.js'
import { drawRequest } from '../fuzz/request.js'
import { type Answer, type Message, send } from '../fuzz/send.js'
import { freePort } from '../postgres.js'
import { ServerProcess } from '../process.js'
import { edited } from './edited.js'

/** The batches of last uses and refusals are written at a stop alone: else when they are is up to each server. */
const WITHOUT_BATCHES = edited({ file: 'process/background.js', from: 'BATCH = 5000', to: 'BATCH = 3_600_000' })

/** A server that is asked the same as another one. */
export class Side {
  private readonly known = new Known()
  private readonly owner: Owner

  private constructor(
    private server: ServerProcess,
    private readonly env: Record<string, string>,
  ) {
    this.owner = new Owner(server, env, this.known)
  }

  static async start(env: Record<string, string>): Promise<Side> {
    const all = { ...env, ...WITHOUT_BATCHES, LATCHKEY_TRUST_PROXY: '127.0.0.1', PORT: String(await freePort()) }
    const side = new Side(await ServerProcess.start(all), all)
    await side.owner.make()
    return side
  }

  /** Under the same address. */
  async restart(): Promise<void> {
    await this.server.stop()
    this.server = await ServerProcess.start(this.env)
  }

  /** Sends the request of a seed, in which ids, tokens and cursors are those of this server. */
  async ask(seed: number): Promise<{ message: Message; answer: Answer }> {
    const { message, operation, id } = drawRequest(seed, this.known)
    const answer = await send(this.server.url, message)
    if (message.method === operation.method) this.known.learn(operation, id, answer)
    await this.owner.recover(message, answer)
    return { message, answer }
  }

  async stop(): Promise<void> {
    await this.server.stop()
  }
}

/** Headers that a client goes by. */
const HEADERS = [
  ...['content-type', 'allow', 'www-authenticate', 'location', 'link', 'cache-control', 'vary', 'x-total-count'],
  ...['etag', 'retry-after', 'set-cookie', 'token-expires-at'],
]

/** Milliseconds around now: a time within them is one of this run, or what it was added to, such as the end of a session. */
const RECENT = 31 * 86_400_000

/** An answer in which what is of one server alone has given way to a word: its random values, and the time of day. */
export function comparable({ status, headers, text }: Answer): string {
  const named = HEADERS.filter((name) => headers[name] !== undefined).map((name) => [
    name,
    plain(String(headers[name])),
  ])
  // An ETag is made of the body, with its times.
  const seen = { status, ...Object.fromEntries(named), etag: headers.etag !== undefined }
  // Metrics tell of one process, and of one kind of database.
  const body = text.startsWith('# HELP') ? '<metrics>' : plain(text)
  return `${JSON.stringify(seen)} ${body}`
}

function plain(text: string): string {
  return (
    text
      .replace(/127\.0\.0\.1:\d+/g, '<host>')
      .replace(/#(setup|password)=[\w-]{43}/g, '#$1=<secret>')
      .replace(/urn:uuid:[0-9a-f-]{36}/g, '<request>')
      .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<request>')
      .replace(/\blk[a-z]?_\w{40,}/g, '<token>')
      .replace(/\blk[a-z]?_(?:\w*…)\w{4}/g, '<hint>')
      // The one member that is about the database.
      .replace(/"database":"\w+"/g, '"database":"<name>"')
      .replace(/cursor=[^&>"]+/g, 'cursor=<cursor>')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) =>
        Math.abs(Date.parse(time) - Date.now()) < RECENT ? '<now>' : time,
      )
  )
}
