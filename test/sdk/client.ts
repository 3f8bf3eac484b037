import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freshDatabase } from '../databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from '../process.js'
import { Consumer } from './consumer.js'

export const ACCOUNT = CREDENTIALS
export const SRINU = { empid: 101, empname: 'Srinu', salary: '20000.00' }

export interface Use {
  consumer: Consumer
  server: ServerProcess
  /** The package; it is made after the tests were compiled, so `fixtures/typescript-client` holds its types. */
  sdk: Awaited<ReturnType<Consumer['import']>>
  /** The package's client, signed in as `ACCOUNT`, a superuser. */
  client: ReturnType<Use['sdk']['createClient']>
}

let made: Promise<Omit<Use, 'client'>> | undefined
let removeDatabase = async () => {}
const standIns: (() => void)[] = []

/**
 * Tests of the TypeScript client against a server without employees, which all of them share.
 * @param suite is given what the tests use, once they run
 */
export function describeClient(title: string, suite: (use: Use) => void): void {
  describe(title, function () {
    this.timeout(120_000)
    const use = {} as Use

    before(async () => {
      made ??= make()
      Object.assign(use, await made)
    })

    beforeEach(async () => {
      const { sdk, server } = use
      const client = sdk.createClient({ baseUrl: server.url, ...ACCOUNT })
      const { data } = await sdk.listEmployees({ client, query: { limit: 1000 } })
      const remove = ({ empid }: typeof SRINU) => sdk.deleteEmployee({ client, path: { empid } })
      await Promise.all(data.map(remove))
      use.client = client
    })

    after(() => {
      for (const close of standIns.splice(0)) close()
    })

    suite(use)
  })
}

async function make() {
  const database = await freshDatabase()
  removeDatabase = database.remove
  const consumer = await Consumer.install()
  const server = await ServerProcess.start({ ...database.env, ...FIRST })
  return { consumer, server, sdk: await consumer.import() }
}

after(async () => {
  await (await made)?.server.stop()
  await removeDatabase()
})

interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: unknown
}

/**
 * A server that answers what ours never does; `asked` has method, path and `Authorization` of each request.
 * @param answer nothing, for a request that is never answered
 */
export async function standIn(answer: (request: IncomingMessage) => Answer | undefined) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    const given = answer(request)
    if (!given) return
    const { status = 200, headers, body } = given
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  standIns.push(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}

/** A `fetch` that notes method and path of each request. */
export function recorder() {
  const asked: string[] = []
  const record = (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`)
    return fetch(request)
  }
  return { asked, fetch: record }
}

export function signInsOf(asked: string[]): number {
  return asked.filter((line) => line.startsWith('POST /gettoken/')).length
}

/** @returns what the promise fails with */
export async function failureOf(call: Promise<unknown>) {
  const failure = await call.then(
    () => undefined,
    (error) => error,
  )
  if (failure === undefined) throw new Error('it did not fail')
  return failure
}
