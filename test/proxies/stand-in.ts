import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

/** What something else in Latchkey's place says. */
export interface Saying {
  title: string
  status: number | 'nothing'
  headers?: Record<string, string>
}

const IDENTITY = {
  'X-Latchkey-User': 'mallory',
  'X-Latchkey-User-Id': '1',
  'X-Latchkey-Token-Id': '1',
  'X-Latchkey-Scopes': 'reports:read',
}

/** None of them is Latchkey's yes or no, so none lets anybody in or says that a token is bad. */
export const SAYINGS: Saying[] = [
  { title: '503', status: 503, headers: { 'Retry-After': '3' } },
  { title: '500', status: 500, headers: IDENTITY },
  { title: '502', status: 502 },
  { title: '404', status: 404, headers: IDENTITY },
  { title: 'a redirect', status: 302, headers: { Location: '/elsewhere', ...IDENTITY } },
  { title: 'a redirect that is kept', status: 308, headers: { Location: '/elsewhere', ...IDENTITY } },
  { title: '304', status: 304, headers: IDENTITY },
  { title: '200 without an identity', status: 200 },
  { title: 'a connection that ends', status: 'nothing' },
]

export class StandIn {
  private constructor(private readonly server: Server) {}

  static async at(port: number, { status, headers }: Saying): Promise<StandIn> {
    const server = createServer((request, response) => {
      if (status === 'nothing') return request.socket.destroy()
      // Who follows a redirect is let in.
      if (request.url === '/elsewhere') return response.writeHead(200, IDENTITY).end()
      return response.writeHead(status, { 'Content-Length': '0', ...headers }).end()
    }).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new StandIn(server)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
