import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'

/** What goes over the wire, secrets included. */
export interface Message {
  method: string
  /** With its query. */
  path: string
  headers: Record<string, string>
  body?: Buffer
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

const PATIENCE = 15_000

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/**
 * Sends just these headers, for what a polite client cannot send.
 * @throws when there is no answer in time
 */
export async function send(origin: string, message: Message): Promise<Answer> {
  try {
    return await sendOnce(origin, message)
  } catch (error) {
    // The server has closed the connection of the request before: no answer to this one.
    if (error instanceof StaleConnection) return sendOnce(origin, message)
    throw error
  }
}

/** A line for bash that repeats the request; what is secret in it is a variable. */
export function curlLine(
  origin: string,
  { method, path, headers, body }: Message,
  secrets: [string, string][],
): string {
  const sent = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length')
  const unset = ['Accept', 'User-Agent', 'Content-Type'].filter(
    (name) => !sent.some(([other]) => other.toLowerCase() === name.toLowerCase()),
  )
  const isPlain = body !== undefined && /^[\x20-\x7e]*$/.test(body.toString('latin1'))
  return [
    ...(body && !isPlain ? [`echo ${body.toString('base64')} | base64 -d |`] : []),
    'curl --include --path-as-is --globoff',
    method === 'HEAD' ? '--head' : `--request ${method}`,
    ...sent.map(([name, value]) => `--header ${quoted(value === '' ? `${name};` : `${name}: ${value}`, secrets)}`),
    ...unset.map((name) => `--header '${name}:'`),
    ...(body ? [`--data-binary ${isPlain ? quoted(body.toString('latin1'), secrets) : '@-'}`] : []),
    quoted(origin + path, secrets),
  ].join(' ')
}

class StaleConnection extends Error {}

function sendOnce(origin: string, { method, path, headers, body }: Message): Promise<Answer> {
  const { hostname, port, host } = new URL(origin)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, agent, headers: { host, ...headers }, setHost: false })
    request.setTimeout(PATIENCE, () => request.destroy(new Error(`no answer within ${PATIENCE} ms`)))
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? new StaleConnection() : error,
      ),
    )
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    request.end(body)
  })
}

/** For bash: secrets become variables in double quotes, all else stands in single ones, bytes beyond ASCII as numbers. */
function quoted(text: string, secrets: [value: string, variable: string][]): string {
  const found = secrets.find(([value]) => text.includes(value))
  if (!found) return text === '' ? '' : literal(text)
  const [value, variable] = found
  return text
    .split(value)
    .map((part) => quoted(part, secrets))
    .join(`"$${variable}"`)
}

function literal(text: string) {
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  const escaped = [...Buffer.from(text, 'latin1')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
  return `$'${escaped.join('')}'`
}
