import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import type { Attributes, Span, SpanKind, Tracer } from '@opentelemetry/api'
import type { Settings } from './config.js'
import { log } from './log.js'
import { VERSION } from './version.js'

export type { Attributes, Span } from '@opentelemetry/api'

/**
 * The packages that are loaded if traces are wanted. A service that sends none does not need them. Later versions need a later
 * Node.js than we do.
 */
const PACKAGES = '@opentelemetry/api@1.9 @opentelemetry/sdk-trace-base@2 @opentelemetry/exporter-trace-otlp-http@0.223'

/** Milliseconds between two lines of the log about traces that cannot be sent. */
const QUIET = 60_000

/** The span of another service that a request belongs to (W3C Trace Context). */
export interface TraceParent {
  traceId: string
  spanId: string
  isSampled: boolean
}

/** The kinds of span, with their numbers in OpenTelemetry's API. */
const KINDS: Record<'internal' | 'server' | 'client', SpanKind> = { internal: 0, server: 1, client: 2 }

/** The API's number for the status of a failure. */
const ERROR = 2

interface Tracing {
  tracer: Tracer
  api: typeof import('@opentelemetry/api')
  /** The span of the code that runs now. */
  current: AsyncLocalStorage<Span | undefined>
  stop: () => Promise<void>
}

/** Nothing if no endpoint is set, because following a request through the process makes each of its promises slower. */
let tracing: Tracing | undefined

/**
 * Begins to send traces if `OTEL_EXPORTER_OTLP_ENDPOINT` is set, with OTLP as JSON over HTTP. OpenTelemetry's other variables set
 * sampling, headers and sizes. At most 2,048 spans wait, and more are dropped. If the packages are missing, the service starts
 * without traces and says so: platforms set the variable for everything that they run, and a service must not be down because
 * nobody can observe it.
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

/** Sends the remaining spans. It takes as long as the endpoint does, so the caller must limit the time. */
export async function stopTracing(): Promise<void> {
  const { stop } = tracing ?? {}
  tracing = undefined
  await stop?.().catch(() => {})
}

/**
 * A span of a request, from now until its `end`.
 * @returns nothing if no traces are sent
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

/** Runs `work`, and everything that it begins, as part of the span. */
export function within(span: Span, work: () => void): void {
  if (tracing) tracing.current.run(span, work)
  else work()
}

/**
 * Runs `work` as a span of the current request. If no traces are sent, or not this one, or outside of requests, it only calls
 * `work`.
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

/** Marks the span as failed with the name of the error, because the message may contain what was sent. */
export function fail(span: Span, error: unknown): void {
  span.setStatus({ code: ERROR })
  span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown')
}

/** For work that runs later in somebody else's turn. It belongs to the span in which it was requested. */
export function bound<Parameters extends unknown[], Result>(
  work: (...parameters: Parameters) => Result,
): (...parameters: Parameters) => Result {
  if (!tracing) return work
  const { current } = tracing
  const span = current.getStore()
  return (...parameters) => current.run(span, work, ...parameters)
}

/** Runs work for several requests as part of none of them. */
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

/** Describes this process. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` take precedence. */
function describeProcess() {
  // It is a dependency of the SDK, so it is found from there in every layout of node_modules.
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

/** Logs the SDK's own complaints, one line a minute, because an endpoint that is down causes one for each batch. */
function troubles() {
  let told = Number.NEGATIVE_INFINITY
  const tell = (...parts: unknown[]) => {
    if (performance.now() - told < QUIET) return
    told = performance.now()
    // The whole text may contain what the endpoint has said, so it is not logged.
    const [reason = 'see its log'] =
      /\bE[A-Z]{4,}\b|\b[45]\d\d\b|[Tt]imeout|Dropped \d+ spans/.exec(parts.join(' ')) ?? []
    log.warn(`traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT: ${reason}`)
  }
  const nothing = () => {}
  return { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing }
}
