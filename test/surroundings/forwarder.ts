import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** One address that leads now to this server and now to that one, as a name, a virtual address or a proxy does. */
export class Forwarder {
  private readonly sockets = new Set<Socket>()

  private constructor(
    private target: number,
    private readonly server: Server,
  ) {}

  static async to(target: number): Promise<Forwarder> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const forwarder = new Forwarder(target, server)
    server.on('connection', (socket) => forwarder.pass(socket))
    return forwarder
  }

  get port(): number {
    return (this.server.address() as { port: number }).port
  }

  /** From now on; what is open ends. */
  swing(target: number): void {
    this.target = target
    for (const socket of this.sockets) socket.destroy()
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
  }

  private pass(socket: Socket) {
    const upstream = connect(this.target, '127.0.0.1')
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.sockets.add(one)
      one
        .on('error', () => {})
        .on('close', () => {
          this.sockets.delete(one)
          other.destroy()
        })
      one.pipe(other)
    }
  }
}
