import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { parseTraceparent } from './traceparent.ts'

type Needs = {
  /** Header or metadata value by lower-case name. */
  readonly header: (name: string) => string | undefined
}

export type Tracing = {
  /** Whether an SDK is registered; without one `run` only calls through. */
  readonly enabled: boolean
  /** Runs a verb in a span named "<door> <verb>", child of the request's `traceparent`. */
  run<T>(door: string, verb: string, request: Needs, work: (span: Span | undefined) => T): T
}

/** Create it after the OpenTelemetry SDK, if any, has registered (for example by `--import`). */
export function createTracing(): Tracing {
  const tracer = trace.getTracer('vouchsafe')
  // A span of a real SDK has a valid context even where it is sampled out; the no-op's never has.
  const enabled = isSpanContextValid(tracer.startSpan('probe').spanContext())
  if (!enabled) return { enabled, run: (_door, _verb, _request, work) => work(undefined) }
  return {
    enabled,
    run(door, verb, request, work) {
      const span = tracer.startSpan(`${door} ${verb}`, { kind: SpanKind.SERVER }, parentOf(request))
      try {
        const result = work(span)
        if (result instanceof Promise) {
          result.then(
            () => span.end(),
            () => fail(span),
          )
        } else {
          span.end()
        }
        return result
      } catch (error) {
        fail(span)
        throw error
      }
    },
  }
}

function parentOf(request: Needs): Context {
  const header = request.header('traceparent')
  const parent = header === undefined ? undefined : parseTraceparent(header)
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
}

function fail(span: Span): void {
  span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
