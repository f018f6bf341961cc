import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'
import {
  forTarget,
  inModule,
  inOrganization,
  narrow,
  ofPerson,
  outOfReach,
  type Reach,
} from './delegate-reach.ts'
import type { By } from './grant-types.ts'

/** What of a grant tells whether a delegate reaches it. Times in ms. */
type Given = {
  readonly subject_id: string | null
  readonly organization_id: string | null
  readonly scope_organization_id: string | null
  readonly module: string | null
  readonly entitlement_id: string | null
  readonly product_id: string | null
  readonly plan_version_id: string | null
  readonly pool_id: string | null
  readonly effect: string
  readonly source: string
  readonly value: unknown
  readonly starts_at: number
}

/**
 * What a delegate gives is a plain allow of its own, of what is listed, as the catalogue has it: no value, no seats
 * (those are bought), in a delegated module, counted only in the organization, to that or to one of its people,
 * beginning while the delegation lasts.
 */
export async function checkGiven(tx: Tx, tenant: string, reach: Reach, grant: Given): Promise<void> {
  if (grant.value !== null) throw outOfReach('value', '')
  const left = await checkPlain(tx, tenant, reach, grant)
  if (grant.subject_id !== null) await ofPerson(tx, tenant, left, grant.subject_id)
  narrow(
    left,
    'starts_at',
    new Date(grant.starts_at).toISOString(),
    ({ starts_at, ends_at }) =>
      starts_at <= grant.starts_at && (ends_at === null || grant.starts_at < ends_at),
  )
}

/** What a delegate takes back is what one could have given; of a person who has left the organization too. */
export async function checkTaken(
  tx: Tx,
  tenant: string,
  reach: Reach,
  grants: readonly Given[],
): Promise<void> {
  for (const grant of grants) await checkPlain(tx, tenant, reach, grant)
}

async function checkPlain(tx: Tx, tenant: string, reach: Reach, grant: Given): Promise<Reach> {
  if (grant.effect !== 'allow') throw outOfReach('effect', grant.effect)
  if (grant.source !== 'admin') throw outOfReach('source', grant.source)
  if (grant.pool_id !== null) throw outOfReach('pool', '')
  const place = grant.organization_id ?? grant.scope_organization_id
  if (place === null) throw outOfReach('scope_organization', '')
  const placed = await inOrganization(tx, tenant, await inModule(tx, tenant, reach, grant.module), place)
  return forTarget(placed, await targetOf(tx, tenant, grant))
}

/** "entitlement:<key>", "product:<key>" or "plan:<key>@<n>". */
async function targetOf(tx: Tx, tenant: string, grant: Given): Promise<string> {
  const [row] = await tx<{ target: string | null }[]>`
    select coalesce(
      (select 'entitlement:' || key from vouchsafe.entitlements where tenant_id = ${tenant} and id = ${grant.entitlement_id}),
      (select 'product:' || key from vouchsafe.products where tenant_id = ${tenant} and id = ${grant.product_id}),
      (select 'plan:' || l.key || '@' || v.n from vouchsafe.plan_versions v
        join vouchsafe.plans l on l.tenant_id = v.tenant_id and l.id = v.plan_id
        where v.tenant_id = ${tenant} and v.id = ${grant.plan_version_id})) as target`
  return row?.target ?? ''
}

/**
 * The condition on grants `g`, as selectGrants names them, that a delegate may see: all there is of what it may give,
 * where it may, whoever gave or denied it. `now` in ms.
 */
export function visibleTo(tx: Tx, { delegate }: Pick<By, 'delegate'>, now: number): Fragment {
  if (delegate === undefined) return tx`true`
  const at = new Date(now)
  return tx`exists (
    select from vouchsafe.delegations d
    join vouchsafe.modules m on m.tenant_id = d.tenant_id and m.key = g.module and m.provisioning = 'delegated_admin'
    where d.tenant_id = g.tenant_id and d.subject_id = ${delegate} and d.revoked_at is null
      and d.starts_at <= ${at} and (d.ends_at is null or d.ends_at > ${at})
      and (d.module is null or d.module = g.module)
      and d.organization_id in (
        select vouchsafe.organizations_above(g.tenant_id, coalesce(g.organization_id, g.scope_organization_id)))
      and d.may_grant && array['entitlement:' || e.key, 'product:' || p.key, 'plan:' || l.key, 'plan:' || l.key || '@' || v.n])`
}
