import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'
import type { Holder } from './resolve-holder.ts'

/** Whether a grant `g` is the holder's: written so that an index finds it, which "is not distinct from" keeps from. */
export function ofHolder(tx: Tx, { subject_id, organization_id }: Holder): Fragment {
  return subject_id === null
    ? tx`g.organization_id = ${organization_id} and g.subject_id is null`
    : tx`g.subject_id = ${subject_id}`
}
