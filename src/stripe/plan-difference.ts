import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import type { CustomerName } from './customer-name.ts'
import { type Difference, differenceOf } from './difference.ts'
import { presentGrants } from './present-grants.ts'
import { project } from './project.ts'
import { readRules } from './read-rules.ts'
import type { CustomerState } from './state.ts'
import type { Projection } from './wanted.ts'

type Planned = {
  /** False: the holder was erased. */
  readonly here: boolean
  readonly projection: Projection
  readonly difference: Difference
}

/** What a customer should have, and what of it is to be written for that. Whoever is erased gets nothing. `now` in ms. */
export async function planDifference(
  tx: Tx,
  name: CustomerName,
  holder: Holder,
  state: CustomerState,
  now: number,
): Promise<Planned> {
  const here = await isHere(tx, name.tenant, holder)
  const projection = here
    ? project(state, await readRules(tx, name, holder, state))
    : { grants: [], alerts: [] }
  const present = await presentGrants(tx, name, holder, state)
  return { here, projection, difference: differenceOf(present, projection.grants, now) }
}

async function isHere(tx: Tx, tenant: string, { subject_id }: Holder): Promise<boolean> {
  if (subject_id === null) return true
  const [row] = await tx`
    select from vouchsafe.subjects where tenant_id = ${tenant} and id = ${subject_id} and deleted_at is null`
  return row !== undefined
}
