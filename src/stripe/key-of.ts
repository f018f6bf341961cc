import type { WantedGrant } from './wanted.ts'

type Keyed = Pick<
  WantedGrant,
  'plan_version_id' | 'product_id' | 'entitlement_id' | 'module' | 'pool' | 'source' | 'source_ref' | 'access'
>

/** What tells one of a customer's rights from another: a row of the same key is the same right. */
export function keyOf(grant: Keyed): string {
  const { plan_version_id, product_id, entitlement_id, module, pool, source, source_ref, access } = grant
  const target = plan_version_id ?? product_id ?? entitlement_id
  return JSON.stringify([source, source_ref, target, module ?? null, pool ?? null, access])
}

/** What a right takes the place of where it comes of the same thing at Stripe and gives something else. */
export function placeOf({ source, source_ref, access }: Keyed): string {
  return JSON.stringify([source, source_ref, access])
}
