import type { Gate } from './gate.ts'
import { StripeFailure } from './stripe-failure.ts'

/** Not sent, for what it belongs to has failed. */
class GivenUp extends StripeFailure {
  constructor(operation: string) {
    super('unavailable', `${operation}: given up, as another request failed`)
  }
}

/** A gate that lets nothing more through once a request has failed: a part of a state is of no use. */
export function untilFailure(gate: Gate): Gate {
  let failed = false
  return async (operation, send) => {
    if (failed) throw new GivenUp(operation)
    try {
      return await gate(operation, send)
    } catch (error) {
      failed = true
      throw error
    }
  }
}

/** As Promise.all, but when it fails nothing is under way any more, and it throws why, not what was given up for it. */
export async function together<Values extends readonly unknown[]>(
  work: {
    readonly [Place in keyof Values]: Values[Place] | Promise<Values[Place]>
  },
): Promise<Values> {
  const settled = await Promise.allSettled(work)
  const failures = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
  if (failures.length > 0) throw failures.find((each) => !(each instanceof GivenUp)) ?? failures[0]
  return Promise.all(work) as unknown as Promise<Values>
}
