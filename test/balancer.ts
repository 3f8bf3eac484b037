import { once } from 'node:events'
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

interface Node {
  port: number
  agent: Agent
  ready: boolean
}

/** Milliseconds between two looks at a node. */
const EVERY = 100

/** What stands before several nodes: each request goes to the next one that is ready, and none is sent twice. */
export class Balancer {
  private turn = 0
  private closed = false

  private constructor(
    private readonly nodes: Node[],
    private readonly server: Server,
  ) {}

  /** @param ports of the nodes */
  static async start(ports: number[]): Promise<Balancer> {
    const nodes = ports.map((port) => ({ port, agent: new Agent({ keepAlive: true }), ready: false }))
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const balancer = new Balancer(nodes, server)
    server.on('request', (request, response) => balancer.pass(request, response))
    for (const node of nodes) void balancer.watch(node)
    return balancer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  isReady(port: number): boolean {
    return this.nodes.some((node) => node.port === port && node.ready)
  }

  close(): void {
    this.closed = true
    for (const { agent } of this.nodes) agent.destroy()
    this.server.closeAllConnections()
    this.server.close()
  }

  private async watch(node: Node) {
    for (; !this.closed; await wait(EVERY))
      node.ready = await fetch(`http://127.0.0.1:${node.port}/readyz`).then(
        async (answer) => (await answer.text()) !== '' && answer.ok,
        () => false,
      )
  }

  private pass(request: IncomingMessage, response: ServerResponse) {
    const ready = this.nodes.filter(({ ready }) => ready)
    const node = ready[this.turn++ % ready.length]
    if (!node) return response.writeHead(502).end('no node is ready')
    const { connection, ...headers } = request.headers
    const { method, url } = request
    const upstream = httpRequest({ port: node.port, host: '127.0.0.1', agent: node.agent, method, path: url, headers })
    upstream.on('error', (error) => {
      if (!response.headersSent) response.writeHead(502)
      response.end(error.message)
    })
    upstream.on('response', (answer) => {
      const { connection, 'keep-alive': keepAlive, ...headers } = answer.headers
      response.writeHead(answer.statusCode!, headers)
      answer.on('error', () => response.destroy()).pipe(response)
    })
    request.pipe(upstream)
  }
}
