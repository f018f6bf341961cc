import type { Gate } from './gate.ts'
import { StripeFailure } from './stripe-failure.ts'

/** One object of Stripe, checked to be of the kind and the one that was asked for. */
export function one<Thing extends { readonly id: string; readonly object: string }>(
  gate: Gate,
  operation: string,
  object: Thing['object'],
  send: () => Promise<Thing>,
  id?: string,
): Promise<Thing> {
  return gate(operation, async () => {
    const answer = (await send()) as Partial<Thing> | null
    const isIt =
      answer?.object === object && typeof answer.id === 'string' && (id === undefined || answer.id === id)
    if (!isIt) throw new StripeFailure('unavailable', `${operation}: the answer is not a ${object}`)
    return answer as Thing
  })
}
