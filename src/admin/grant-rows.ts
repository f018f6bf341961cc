import type { Json, JsonObject } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { etagOf } from './etag.ts'
import type { Access, GrantRecord } from './grant-types.ts'
import { showId } from './ids.ts'

export type GrantRow = {
  readonly id: string
  readonly subject_id: string | null
  readonly organization_id: string | null
  readonly scope_organization_id: string | null
  readonly module: string | null
  readonly entitlement_id: string | null
  readonly product_id: string | null
  readonly plan_version_id: string | null
  readonly pool_id: string | null
  readonly effect: GrantRecord['effect']
  readonly access: Access
  readonly value: Json | null
  readonly quantity: number | null
  readonly source: GrantRecord['source']
  readonly source_ref: string
  readonly reason: string
  readonly starts_at: number
  readonly ends_at: number | null
  readonly past_due_at: number | null
  readonly granted_by: string | null
  readonly granted_at: number
  readonly revoked_at: number | null
  readonly revoked_by: string | null
  readonly revoke_reason: string | null
  readonly cost_microcents: number | null
  readonly metadata: JsonObject
  readonly entitlement: string | null
  readonly product: string | null
  readonly plan: string | null
  readonly pool: string | null
}

/** The select list and joins that give a GrantRow; a where clause follows. `g` is the grant. */
export function selectGrants(tx: Tx) {
  return tx`
    select g.*, e.key as entitlement, p.key as product, l.key || '@' || v.n as plan, o.key as pool
    from vouchsafe.grants g
    left join vouchsafe.entitlements e on e.tenant_id = g.tenant_id and e.id = g.entitlement_id
    left join vouchsafe.products p on p.tenant_id = g.tenant_id and p.id = g.product_id
    left join vouchsafe.plan_versions v on v.tenant_id = g.tenant_id and v.id = g.plan_version_id
    left join vouchsafe.plans l on l.tenant_id = v.tenant_id and l.id = v.plan_id
    left join vouchsafe.seat_pools o on o.tenant_id = g.tenant_id and o.id = g.pool_id`
}

export function toRecord(row: GrantRow): GrantRecord {
  const record = {
    id: showId('grt', row.id),
    holder: row.subject_id
      ? { subject: showId('sub', row.subject_id) }
      : { organization: showId('org', row.organization_id ?? '') },
    target: row.entitlement
      ? { entitlement: row.entitlement }
      : row.product
        ? { product: row.product }
        : { plan: row.plan ?? '' },
    effect: row.effect,
    ...(row.module !== null && { module: row.module }),
    ...(row.scope_organization_id !== null && {
      scope_organization: showId('org', row.scope_organization_id),
    }),
    ...(row.value !== null && { value: row.value }),
    starts_at: row.starts_at,
    ...(row.ends_at !== null && { ends_at: row.ends_at }),
    source: row.source,
    source_ref: row.source_ref,
    reason: row.reason,
    access: row.access,
    granted_at: row.granted_at,
    ...(row.granted_by !== null && { granted_by: row.granted_by }),
    ...(row.revoked_at !== null && { revoked_at: row.revoked_at }),
    ...(row.revoked_by !== null && { revoked_by: row.revoked_by }),
    ...(row.revoke_reason !== null && { revoke_reason: row.revoke_reason }),
    ...(row.pool !== null && { pool: row.pool }),
    ...(row.quantity !== null && { quantity: row.quantity }),
    ...(row.past_due_at !== null && { past_due_at: row.past_due_at }),
    ...(row.cost_microcents !== null && { cost_microcents: row.cost_microcents }),
    ...(Object.keys(row.metadata).length > 0 && { metadata: row.metadata }),
  }
  return { ...record, etag: etagOf(record) }
}
