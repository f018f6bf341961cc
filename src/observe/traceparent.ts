import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The W3C Trace Context of a `traceparent` header; undefined for anything malformed, which starts a new trace. */
export function parseTraceparent(text: string): SpanContext | undefined {
  if (text.length > 512) return undefined
  const [, version, traceId, spanId, flags, rest] = shape.exec(text) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return isSpanContextValid(parent) ? parent : undefined
}
