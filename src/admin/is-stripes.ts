import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'

/** Whether only Stripe ends or changes it: what was subscribed to, and what was bought once. */
export function isStripes({
  source,
  granted_by,
}: {
  readonly source: string
  readonly granted_by: string | null
}): boolean {
  return source === 'stripe' || (source === 'purchase' && granted_by === 'stripe')
}

/** The same of a row `g`. */
export function areStripes(tx: Tx): Fragment {
  return tx`(g.source = 'stripe' or (g.source = 'purchase' and g.granted_by is not distinct from 'stripe'))`
}
