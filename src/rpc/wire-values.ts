import { create, fromJson, type JsonValue } from '@bufbuild/protobuf'
import {
  type Duration,
  DurationSchema,
  type Timestamp,
  TimestampSchema,
  type Value,
  ValueSchema,
} from '@bufbuild/protobuf/wkt'
import type { Json, JsonObject } from '#core/json.ts'

/** The first and last that a Timestamp, and its JSON, can say: the years 1 to 9999. */
const earliest = -62_135_596_800_000
const latest = 253_402_300_799_999

/** Milliseconds since 1970 as a Timestamp, the nearest it can say: what ends "at infinity" is beyond. */
export function timestampOf(unbounded: number): Timestamp {
  const ms = Math.min(latest, Math.max(earliest, unbounded))
  const seconds = Math.floor(ms / 1000)
  const nanos = Math.round((ms - seconds * 1000) * 1e6)
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos })
}

/** A Timestamp as whole milliseconds, rounded down: stored times have no more. */
export function millisecondsOf(timestamp: Timestamp): number {
  return Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6)
}

/** Milliseconds as a Duration; for ever (Infinity) is the longest one there is. */
export function durationOf(ms: number): Duration {
  const bounded = Math.min(Math.max(0, ms), 315_576_000_000_000)
  const seconds = Math.floor(bounded / 1000)
  return create(DurationSchema, {
    seconds: BigInt(seconds),
    nanos: Math.floor((bounded - seconds * 1000) * 1e6),
  })
}

export function wireValueOf(json: Json): Value {
  return fromJson(ValueSchema, json as JsonValue)
}

/** A mutable view for generated messages, which copy nothing and change nothing. */
export function structOf(json: JsonObject) {
  return json as { [key: string]: JsonValue }
}
