import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import type { Attributes, Span, SpanKind, Tracer } from '@opentelemetry/api'
import type { Settings } from './config.js'
import { log } from './log.js'
import { VERSION } from './version.js'

export type { Attributes, Span } from '@opentelemetry/api'

/**
 * What is loaded where traces are wanted; a service that sends none neither needs nor installs it. Later versions need a later
 * Node.js than we do.
 */
const PACKAGES = '@opentelemetry/api@1.9 @opentelemetry/sdk-trace-base@2 @opentelemetry/exporter-trace-otlp-http@0.223'

/** Milliseconds between two lines of the log that say that traces cannot be sent. */
const QUIET = 60_000

/** The span of another service that a request belongs to (W3C Trace Context). */
export interface TraceParent {
  traceId: string
  spanId: string
  isSampled: boolean
}

/** Kinds of span by how OpenTelemetry numbers them in its API. */
const KINDS: Record<'internal' | 'server' | 'client', SpanKind> = { internal: 0, server: 1, client: 2 }

/** As the API numbers the status of what failed. */
const ERROR = 2

interface Tracing {
  tracer: Tracer
  api: typeof import('@opentelemetry/api')
  /** The span that what runs now belongs to. */
  current: AsyncLocalStorage<Span | undefined>
  stop: () => Promise<void>
}

/** Nothing where no endpoint is set: what follows a request through the process costs each of its promises. */
let tracing: Tracing | undefined

/**
 * Begins to send traces where `OTEL_EXPORTER_OTLP_ENDPOINT` is set, by OTLP as JSON over HTTP. Sampling, headers and sizes are what
 * OpenTelemetry's other variables say; at most 2,048 spans wait, and what is beyond them is dropped. Where the packages are missing
 * the service starts without traces and says so: platforms set the variable for whatever they run, and no service is to be down for
 * its observers' sake.
 */
export async function startTracing({ tracesEndpoint }: Settings): Promise<void> {
  if (tracesEndpoint === undefined || tracing) return
  try {
    tracing = await load()
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    log.warn(`OTEL_EXPORTER_OTLP_ENDPOINT is set, and no traces are sent: npm install ${PACKAGES}`)
  }
}

export function isTracing(): boolean {
  return tracing !== undefined
}

/** Sends what is left. It takes as long as the endpoint does, so whoever stops gives it a time. */
export async function stopTracing(): Promise<void> {
  const { stop } = tracing ?? {}
  tracing = undefined
  await stop?.().catch(() => {})
}

/**
 * A span of a request, from now until its `end`.
 * @returns nothing where no traces are sent
 */
export function beginTrace(name: string, parent: TraceParent | undefined, attributes: Attributes): Span | undefined {
  if (!tracing) return undefined
  const { tracer, api } = tracing
  const root = api.ROOT_CONTEXT
  const context = parent
    ? api.trace.setSpanContext(root, {
        traceId: parent.traceId,
        spanId: parent.spanId,
        traceFlags: parent.isSampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
        isRemote: true,
      })
    : root
  return tracer.startSpan(name, { kind: KINDS.server, attributes }, context)
}

/** Runs `work`, and all that it begins, as a part of the span. */
export function within(span: Span, work: () => void): void {
  if (tracing) tracing.current.run(span, work)
  else work()
}

/**
 * Runs `work` as a span of the request at hand. Nothing but a call where no traces are sent, where this one is not, and outside of
 * requests.
 * @param attributes without anything secret, and without values of statements
 */
export async function traced<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
  kind: keyof typeof KINDS = 'internal',
): Promise<Result> {
  const parent = tracing?.current.getStore()
  if (!tracing || !parent?.isRecording()) return work()
  const { tracer, api, current } = tracing
  const context = api.trace.setSpan(api.ROOT_CONTEXT, parent)
  const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, context)
  try {
    return await current.run(span, work)
  } catch (error) {
    fail(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** Marks it as failed by the name of the error: its message may hold what was sent. */
export function fail(span: Span, error: unknown): void {
  span.setStatus({ code: ERROR })
  span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown')
}

/** For what runs later in the turn of somebody else: it belongs to the span that it was asked for in. */
export function bound<Parameters extends unknown[], Result>(
  work: (...parameters: Parameters) => Result,
): (...parameters: Parameters) => Result {
  if (!tracing) return work
  const { current } = tracing
  const span = current.getStore()
  return (...parameters) => current.run(span, work, ...parameters)
}

/** Runs what belongs to several requests as a part of none. */
export function unbound<Result>(work: () => Result): Result {
  return tracing ? tracing.current.run(undefined, work) : work()
}

async function load(): Promise<Tracing> {
  const [api, { BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  api.diag.setLogger(troubles(), { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true })
  const provider = new BasicTracerProvider({
    resource: describeProcess(),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  return {
    api,
    tracer: provider.getTracer('latchkey'),
    current: new AsyncLocalStorage(),
    stop: () => provider.shutdown(),
  }
}

/** Which process it is; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` come before what we say. */
function describeProcess() {
  // A dependency of the SDK, and so found from there in every layout of node_modules.
  const find = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-trace-base'))
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = find(
    '@opentelemetry/resources',
  ) as typeof import('@opentelemetry/resources')
  const own = {
    'service.name': 'latchkey',
    'service.version': VERSION,
    'host.name': hostname(),
    'process.pid': process.pid,
  }
  return defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }))
}

/** The SDK's own complaints, a line a minute: an endpoint that is down is one for each batch. */
function troubles() {
  let told = Number.NEGATIVE_INFINITY
  const tell = (...parts: unknown[]) => {
    if (performance.now() - told < QUIET) return
    told = performance.now()
    // Not the whole text, which may hold what the endpoint has said.
    const [reason = 'see its log'] =
      /\bE[A-Z]{4,}\b|\b[45]\d\d\b|[Tt]imeout|Dropped \d+ spans/.exec(parts.join(' ')) ?? []
    log.warn(`traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT: ${reason}`)
  }
  const nothing = () => {}
  return { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing }
}
