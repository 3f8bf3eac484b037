import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Reached {
  method: string
  url: string
  headers: [name: string, value: string][]
}

/** A service behind a proxy that tells each request as it came, and takes websockets whose frames it sends back. */
export class EchoService {
  /** What came, the last one last, as long as somebody asks for it. */
  readonly reached: Reached[] = []
  /** Whether it remembers, which a test of load must not. */
  remembers = true

  private constructor(private readonly server: Server) {}

  static async start(): Promise<EchoService> {
    const server = createServer({ keepAliveTimeout: 65_000 }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const service = new EchoService(server)
    server.on('request', (request, response) => {
      let length = 0
      request.on('data', (part: Buffer) => {
        length += part.length
      })
      request.on('end', () => {
        response.setHeader('Content-Type', 'application/json')
        response.end(JSON.stringify({ ...service.note(request), length }))
      })
    })
    server.on('upgrade', (request, socket) => {
      service.note(request)
      const key = request.headers['sec-websocket-key']
      // RFC 6455, 1.3.
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
      socket.write(`${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
      socket.on('error', () => socket.destroy()).pipe(socket)
    })
    return service
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private note({ method, url, rawHeaders }: IncomingMessage): Reached {
    const headers = Array.from(
      { length: rawHeaders.length / 2 },
      (_, index) => [rawHeaders[2 * index]!, rawHeaders[2 * index + 1]!] as [string, string],
    )
    const reached = { method: method!, url: url!, headers }
    if (this.remembers) this.reached.push(reached)
    return reached
  }
}
