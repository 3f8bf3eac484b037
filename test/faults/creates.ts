import { Agent, request as httpRequest } from 'node:http'
import { ServerProcess } from '../process.js'

const FIRST = { LATCHKEY_SUPERUSER_USERNAME: 'Srinivas', LATCHKEY_SUPERUSER_PASSWORD: 'admin123' }

/** An employee that a client asked for, and the key with which it asks again. */
export interface Create {
  empid: number
  key?: string
}

/** What clients were told of their creates. */
export interface Told {
  acknowledged: Create[]
  /** No answer came: the row is there or not. */
  unanswered: Create[]
}

/** Starts a server that has a superuser, made at the first start on its database. */
export function startServer(env: Record<string, string>): Promise<ServerProcess> {
  return ServerProcess.start({ ...env, ...FIRST, LATCHKEY_LOG_LEVEL: 'info' })
}

export async function tokenOf(server: ServerProcess): Promise<string> {
  const json = { username: FIRST.LATCHKEY_SUPERUSER_USERNAME, password: FIRST.LATCHKEY_SUPERUSER_PASSWORD }
  return ((await (await server.fetch('/gettoken/', { json })).json()) as { token: string }).token
}

/**
 * Lets clients create employees, each one after the other, until there is nothing more to send or no answer.
 * @param next what is sent next, nothing at the end
 * @param acknowledged told of each create that was answered
 * @throws when an answer is another one than 201
 */
export async function createAll(
  { url }: ServerProcess,
  {
    token,
    clients,
    next,
    acknowledged = () => {},
  }: { token: string; clients: number; next: () => Create | undefined; acknowledged?: () => void },
): Promise<Told> {
  const told: Told = { acknowledged: [], unanswered: [] }
  const agent = new Agent({ keepAlive: true })
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let create = next(); create; create = next()) {
        const answer = await send(url, token, create, agent)
        if (!answer) return told.unanswered.push(create)
        if (answer.status !== 201) throw new Error(`a create was answered ${answer.status}: ${answer.text}`)
        told.acknowledged.push(create)
        acknowledged()
      }
    }),
  )
  agent.destroy()
  return told
}

/** The empids of all employees that are there. */
export async function empidsOf(server: ServerProcess, token: string): Promise<number[]> {
  const empids: number[] = []
  for (let path: string | undefined = '/api/emp_viewset?limit=1000'; path; ) {
    const answer: Response = await server.fetch(path, { token })
    if (answer.status !== 200) throw new Error(`the list was answered ${answer.status}`)
    empids.push(...((await answer.json()) as { empid: number }[]).map(({ empid }) => empid))
    const [, next] = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '') ?? []
    path = next && new URL(next).pathname + new URL(next).search
  }
  return empids
}

/** @returns nothing when the connection ended before the answer */
function send(
  url: string,
  token: string,
  { empid, key }: Create,
  agent: Agent,
): Promise<{ status: number; text: string } | undefined> {
  const headers = {
    Authorization: `Token ${token}`,
    'Content-Type': 'application/json',
    ...(key && { 'Idempotency-Key': key }),
  }
  return new Promise((resolve) => {
    const request = httpRequest(`${url}/api/emp_viewset`, { method: 'POST', headers, agent })
    request.on('error', () => resolve(undefined))
    request.on('response', (response) => {
      let text = ''
      response.on('error', () => resolve(undefined))
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
    request.end(JSON.stringify({ empid, empname: 'Srinu', salary: '20000.00' }))
  })
}
