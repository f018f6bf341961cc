import { newId } from '#postgres/uuid.ts'
import type { By } from './grant-types.ts'
import type { Holder } from './resolve-holder.ts'

type Target = {
  readonly entitlement_id: string | null
  readonly product_id: string | null
  readonly plan_version_id: string | null
}

/** A row of grants: what is not stated has its usual value. */
export function newGrant<T extends object>(
  by: By,
  { subject_id, organization_id }: Holder,
  { entitlement_id, product_id, plan_version_id }: Target,
  now: number,
  stated: T,
) {
  return {
    tenant_id: by.tenant,
    id: newId(now),
    subject_id,
    organization_id,
    scope_organization_id: null as string | null,
    module: null as string | null,
    entitlement_id,
    product_id,
    plan_version_id,
    pool_id: null as string | null,
    effect: 'allow' as string,
    access: 'full' as string,
    quantity: null as number | null,
    source: 'admin' as string,
    source_ref: '',
    reason: '',
    starts_at: new Date(now),
    ends_at: null as Date | null,
    granted_by: by.actor,
    granted_at: new Date(now),
    ...stated,
  }
}
