import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

export interface Asked {
  started: number
  ended: number
  /** 0 where the connection ended without a response. */
  status: number
}

/** Clients of a proxy that ask again and again, each on a connection that is kept. */
export class Clients {
  readonly asked: Asked[] = []
  private running = true
  private loops: Promise<void>[] = []

  /**
   * @param count how many there are
   * @param pause milliseconds between a response and the next request
   */
  static of(
    port: number,
    { count, lines, pause, path }: { count: number; lines: Record<string, string>; pause: number; path?: string },
  ) {
    const clients = new Clients()
    clients.loops = Array.from({ length: count }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (clients.running) {
        clients.asked.push(await asked(port, agent, lines, path))
        await wait(pause)
      }
      agent.destroy()
    })
    return clients
  }

  /** @returns all that they saw */
  async stop(): Promise<Asked[]> {
    this.running = false
    await Promise.all(this.loops)
    return this.asked
  }
}

/** One request on the agent's connection. */
export function asked(port: number, agent: Agent, headers: Record<string, string>, path = '/'): Promise<Asked> {
  const started = performance.now()
  return new Promise((resolve) => {
    const end = (status: number) => resolve({ started, ended: performance.now(), status })
    request({ host: '127.0.0.1', port, agent, headers, path })
      .on('response', (response) => response.resume().once('end', () => end(response.statusCode!)))
      .on('error', () => end(0))
      .end()
  })
}

/** How often each status was seen, the most frequent first. */
export function countsOf(seen: Asked[]): string {
  const counts = new Map<number, number>()
  for (const { status } of seen) counts.set(status, (counts.get(status) ?? 0) + 1)
  const sorted = [...counts].sort(([, one], [, other]) => other - one)
  return sorted.map(([status, count]) => `${count} × ${status || 'no response'}`).join(', ')
}
