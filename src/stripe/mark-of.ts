import type { Envelope } from './envelope.ts'
import { effectOf } from './event-effect.ts'

/**
 * Who is to be fetched because of an event: the customer where the event says whose it is, else the thing that it is
 * about, whose customer is to be found out. Undefined: nobody.
 */
export function markOf({ type, customer, object_id }: Envelope): string | undefined {
  return effectOf(type) === 'marks' ? (customer ?? object_id) : undefined
}
