import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { endGrants } from './end-grants.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type {
  By,
  GrantRecord,
  HolderRef,
  Needs,
  RevokeAnswer,
  RevokeInput,
  TargetRef,
} from './grant-types.ts'
import { idempotent } from './idempotent.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { resolveHolder } from './resolve-holder.ts'
import { resolveTarget } from './resolve-target.ts'

/**
 * Takes rights back: one by its id, or a holder's grants of a target from one source. Nothing to take is no error
 * and no change (S001-11). What Stripe gave is withheld by a deny row, for only Stripe ends its own.
 * Errors: NOT_FOUND (grant, holder, target), INVALID_FIELD, REQUEST_ID_REUSED.
 */
export async function revokeEntitlement(needs: Needs, by: By, input: RevokeInput): Promise<RevokeAnswer> {
  const now = (needs.now ?? Date.now)()
  const { request_id: id, dry_run = false, ...body } = input
  const request = {
    action: 'AdminEntitlementRevoked',
    body,
    dry_run,
    ...(id && { id }),
    ...(input.reason && { reason: input.reason }),
  }
  const done = await idempotent(needs, by, request, (tx) => revokeInside(tx, by, input, now))
  const { result, revision, preview } = done
  return { revoked: result, changed: result.length > 0, revision, ...(preview && { preview }) }
}

/** The same as part of a transaction that does more. `now` in ms; request_id does not count. */
export async function revokeInside(
  tx: Tx,
  by: By,
  input: RevokeInput,
  now: number,
): Promise<readonly GrantRecord[]> {
  return take(tx, by, await wanted(tx, by.tenant, input, now), now, input.reason ?? '')
}

async function wanted(tx: Tx, tenant: string, input: RevokeInput, now: number): Promise<readonly GrantRow[]> {
  if (input.grant_id) return byId(tx, tenant, input.grant_id, now)
  if (!input.holder) throw invalid('holder', 'Say which grant: by grant_id, or by holder and target.')
  if (!input.target) throw invalid('target', 'Say which grant: by grant_id, or by holder and target.')
  return byTarget(tx, tenant, input.holder, input.target, input.source ?? 'admin', now)
}

async function byId(tx: Tx, tenant: string, text: string, now: number): Promise<readonly GrantRow[]> {
  const id = readId('grt', text)
  if (id === undefined) throw notFound('grant', text)
  // Its holder first, as for a grant: one order of locks for all writers.
  const [found] = await tx<{ subject_id: string | null; organization_id: string | null }[]>`
    select subject_id, organization_id from vouchsafe.grants where tenant_id = ${tenant} and id = ${id}`
  if (!found) throw notFound('grant', text)
  const { subject_id: subject, organization_id: organization } = found
  if (subject)
    await tx`select from vouchsafe.subjects where tenant_id = ${tenant} and id = ${subject} for no key update`
  else
    await tx`select from vouchsafe.organizations where tenant_id = ${tenant} and id = ${organization} for no key update`
  return tx<
    GrantRow[]
  >`${selectGrants(tx)} where g.tenant_id = ${tenant} and g.id = ${id} and ${live(tx, now)}`
}

async function byTarget(
  tx: Tx,
  tenant: string,
  holderRef: HolderRef,
  targetRef: TargetRef,
  source: string,
  now: number,
): Promise<readonly GrantRow[]> {
  const target = await resolveTarget(tx, tenant, targetRef, true)
  const holder = await resolveHolder(tx, tenant, holderRef, true)
  const version = target.every_version
    ? tx`g.plan_version_id in (select id from vouchsafe.plan_versions where tenant_id = ${tenant} and plan_id = ${target.plan_id})`
    : tx`g.plan_version_id = ${target.plan_version_id}`
  return tx<GrantRow[]>`
    ${selectGrants(tx)} where g.tenant_id = ${tenant} and ${live(tx, now)} and g.effect <> 'deny' and g.source = ${source}
      and g.subject_id is not distinct from ${holder.subject_id} and g.organization_id is not distinct from ${holder.organization_id}
      and (g.entitlement_id = ${target.entitlement_id} or g.product_id = ${target.product_id} or ${version})
    order by g.granted_at, g.id`
}

async function take(
  tx: Tx,
  by: By,
  rows: readonly GrantRow[],
  now: number,
  reason: string,
): Promise<readonly GrantRecord[]> {
  const own = rows.filter((row) => row.source !== 'stripe' || row.effect === 'deny')
  await endGrants(
    tx,
    by,
    own.map(({ id }) => id),
    now,
    reason,
  )
  const withheld: GrantRow[] = []
  for (const row of rows) {
    if (!own.includes(row) && (await deny(tx, by, row, now, reason))) withheld.push(row)
  }
  const ended = own.map((row) => ({ ...row, revoked_at: now, revoked_by: by.actor, revoke_reason: reason }))
  return [...ended, ...withheld].map(toRecord)
}

/** False where such a deny row is there already. */
async function deny(tx: Tx, by: By, row: GrantRow, now: number, reason: string): Promise<boolean> {
  const denied = await tx`
    select from vouchsafe.grants g
    where g.tenant_id = ${by.tenant} and ${live(tx, now)} and g.effect = 'deny' and g.source = 'admin' and g.starts_at <= ${new Date(now)}
      and g.subject_id is not distinct from ${row.subject_id} and g.organization_id is not distinct from ${row.organization_id}
      and g.scope_organization_id is not distinct from ${row.scope_organization_id} and g.module is not distinct from ${row.module}
      and (g.entitlement_id = ${row.entitlement_id} or g.product_id = ${row.product_id} or g.plan_version_id = ${row.plan_version_id})`
  if (denied.length > 0) return false
  const at = new Date(now)
  const added = {
    tenant_id: by.tenant,
    id: newId(now),
    subject_id: row.subject_id,
    organization_id: row.organization_id,
    scope_organization_id: row.scope_organization_id,
    module: row.module,
    entitlement_id: row.entitlement_id,
    product_id: row.product_id,
    plan_version_id: row.plan_version_id,
    effect: 'deny',
    source: 'admin',
    reason,
    starts_at: at,
    granted_by: by.actor,
    granted_at: at,
  }
  await tx`insert into vouchsafe.grants ${tx(added)}`
  return true
}

const live = (tx: Tx, now: number) =>
  tx`g.revoked_at is null and (g.ends_at is null or g.ends_at > ${new Date(now)})`
