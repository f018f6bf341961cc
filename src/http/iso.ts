import type { Timestamp } from '@bufbuild/protobuf/wkt'
import { millisecondsOf } from '#rpc/wire-values.ts'

/** A time as REST bodies show it; null for none. */
export function isoOf(timestamp: Timestamp | undefined): string | null {
  return timestamp === undefined ? null : new Date(millisecondsOf(timestamp)).toISOString()
}
