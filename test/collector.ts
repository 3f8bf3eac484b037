import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as OTLP has it in JSON, its attributes by name. */
export interface Received {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: number
  status: number
  attributes: Record<string, unknown>
  resource: Record<string, unknown>
}

type Value = { stringValue?: string; intValue?: string | number; boolValue?: boolean; doubleValue?: number }
type Attributes = { key: string; value: Value }[]

interface Body {
  resourceSpans: {
    resource: { attributes: Attributes }
    scopeSpans: {
      spans: {
        traceId: string
        spanId: string
        parentSpanId?: string
        name: string
        kind: number
        startTimeUnixNano: string
        endTimeUnixNano: string
        attributes: Attributes
        status: { code?: number }
      }[]
    }[]
  }[]
}

/** A collector of OpenTelemetry, which takes traces by OTLP as JSON over HTTP and keeps them. */
export class Collector {
  readonly spans: Received[] = []
  /** Everything that was sent, as it came. */
  text = ''

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer(async (request, response) => {
      let text = ''
      for await (const part of request.setEncoding('utf8')) text += part
      if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end()
      collector.text += text
      collector.spans.push(...spansIn(JSON.parse(text)))
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    }).listen(0, '127.0.0.1')
    const collector = new Collector(server)
    await once(server, 'listening')
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}

/** @throws for what is no span by OTLP's JSON encoding: ids in hexadecimal digits, an end after the start */
function spansIn({ resourceSpans }: Body): Received[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => {
        const { traceId, spanId, parentSpanId = '', name, kind, status, attributes } = span
        const isRight =
          /^[\da-f]{32}$/.test(traceId) && /^[\da-f]{16}$/.test(spanId) && /^([\da-f]{16})?$/.test(parentSpanId)
        if (!isRight || BigInt(span.endTimeUnixNano) < BigInt(span.startTimeUnixNano))
          throw new Error(`no span: ${JSON.stringify(span)}`)
        return {
          traceId,
          spanId,
          parentSpanId: parentSpanId || undefined,
          name,
          kind,
          status: status.code ?? 0,
          attributes: named(attributes),
          resource: named(resource.attributes),
        }
      }),
    ),
  )
}

function named(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, boolValue, doubleValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? (boolValue ?? doubleValue) : Number(intValue)),
    ]),
  )
}
