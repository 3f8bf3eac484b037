import { connect } from 'node:net'

export interface Reply {
  status: number
  /** Names in lower case; of several the values stand behind one another. */
  headers: Record<string, string>
  text: string
  milliseconds: number
}

export interface Question {
  method?: string
  path?: string
  /** As they are sent, line by line. */
  lines?: string[]
  body?: string
  /** The address that the request comes from. */
  from?: string
}

/** Milliseconds that nothing may be said. */
const LONGEST = 20_000

/**
 * One request as it is written here and on a connection of its own, because a client's library would repair what these tests are
 * about. @throws when the connection ends without a response
 */
export function ask(port: number, { method = 'GET', path = '/', lines = [], body, from = '127.0.0.5' }: Question = {}) {
  const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...lines]
  const hasConnection = lines.some((line) => /^connection:/i.test(line))
  if (!hasConnection) head.push('Connection: close')
  if (body !== undefined) head.push(`Content-Length: ${Buffer.byteLength(body)}`)
  const started = performance.now()
  return new Promise<Reply>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    let received = ''
    const end = (error?: Error) => {
      clearTimeout(timer)
      socket.destroy()
      const reply = replyIn(received)
      if (reply) resolve({ ...reply, milliseconds: performance.now() - started })
      else reject(error ?? new Error(`no response to ${method} ${path}`))
    }
    const timer = setTimeout(() => end(new Error(`nothing within ${LONGEST} ms`)), LONGEST)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      received += text
      if (replyIn(received)?.isWhole) end()
    })
    socket.on('error', end).on('close', () => end())
    socket.write(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`)
  })

  function replyIn(text: string) {
    const [, start, body] = /^(.*?)\r\n\r\n(.*)$/s.exec(text) ?? []
    if (start === undefined) return undefined
    const status = Number(start.slice(9, 12))
    const headers: Record<string, string> = {}
    for (const line of start.split('\r\n').slice(1)) {
      const [, name, value] = /^([^:]+): *(.*)$/.exec(line) ?? []
      if (name) headers[name.toLowerCase()] = [headers[name.toLowerCase()], value].filter(Boolean).join(' | ')
    }
    const length = Number(headers['content-length'] ?? -1)
    const chunked = headers['transfer-encoding'] === 'chunked'
    const isBodiless = method === 'HEAD' || status === 101 || status === 204 || status === 304
    const isWhole =
      isBodiless ||
      (length >= 0 && Buffer.byteLength(body!) >= length) ||
      (chunked && /\r\n0\r\n\r\n$|^0\r\n\r\n$/.test(body!))
    return { status, headers, text: chunked ? unchunked(body!) : body!, isWhole }
  }
}

/** The status of each request, one after the other on one connection. */
export function statusesOn(port: number, from: string, requests: string[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    const statuses: number[] = []
    let received = ''
    const next = () => {
      received = ''
      const request = requests[statuses.length]
      if (request) return socket.write(request)
      socket.destroy()
      return resolve(statuses)
    }
    socket
      .setEncoding('utf8')
      .on('connect', next)
      .on('error', reject)
      .on('close', () => resolve(statuses))
      .on('data', (text: string) => {
        received += text
        const [, start, body] = /^(.*?\r\n)\r\n(.*)$/s.exec(received) ?? []
        if (start === undefined) return
        const length = /^content-length: *(\d+)/im.exec(start)?.[1]
        const isWhole =
          length === undefined ? /(^|\r\n)0\r\n\r\n$/.test(body!) : Buffer.byteLength(body!) >= Number(length)
        if (!isWhole) return
        statuses.push(Number(start.slice(9, 12)))
        next()
      })
  })
}

function unchunked(body: string): string {
  let text = ''
  let rest = Buffer.from(body)
  for (;;) {
    const end = rest.indexOf('\r\n')
    const length = Number.parseInt(rest.subarray(0, Math.max(end, 0)).toString(), 16)
    if (!length) return text
    text += rest.subarray(end + 2, end + 2 + length).toString()
    rest = rest.subarray(end + 2 + length + 2)
  }
}

export function token(value: string): string {
  return `Authorization: Token ${value}`
}
