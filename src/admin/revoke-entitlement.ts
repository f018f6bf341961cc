import type { Tx } from '#postgres/pool.ts'
import { checkTaken } from './delegate-grant.ts'
import { reachOf } from './delegate-reach.ts'
import { type GrantRow, selectGrants } from './grant-rows.ts'
import type { By, HolderRef, Needs, RevokeAnswer, RevokeInput, TargetRef } from './grant-types.ts'
import { idempotent } from './idempotent.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { ofHolder } from './of-holder.ts'
import { resolveHolder } from './resolve-holder.ts'
import { resolveTarget } from './resolve-target.ts'
import { takeGrants } from './take-grants.ts'

/**
 * Takes rights back: one by its id, or a holder's grants of a target from one source. Nothing to take is no error
 * and no change (S001-11). What Stripe gave is withheld by a deny row, for only Stripe ends its own.
 * Errors: NOT_FOUND (grant, holder, target), INVALID_FIELD, FAILED_PRECONDITION (the pool does not shrink so far),
 * CALLER_NOT_ALLOWED (out of a delegate's reach), REQUEST_ID_REUSED.
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
  return { ...result, changed: result.revoked.length > 0, revision, ...(preview && { preview }) }
}

/** The same as part of a transaction that does more. `now` in ms; request_id does not count. */
export async function revokeInside(
  tx: Tx,
  by: By,
  input: RevokeInput,
  now: number,
): Promise<Pick<RevokeAnswer, 'revoked' | 'shrunk'>> {
  const reach = await reachOf(tx, by, now)
  const rows = await wanted(tx, by.tenant, input, now)
  if (reach) await checkTaken(tx, by.tenant, reach, rows)
  return takeGrants(tx, by, rows, now, input.reason ?? '')
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
    ${selectGrants(tx)} where g.tenant_id = ${tenant} and ${live(tx, now)} and g.effect <> 'deny'
      and ${source === 'any' ? tx`true` : tx`g.source = ${source}`}
      and ${ofHolder(tx, holder)}
      and (g.entitlement_id = ${target.entitlement_id} or g.product_id = ${target.product_id} or ${version})
    order by g.granted_at, g.id`
}

const live = (tx: Tx, now: number) =>
  tx`g.revoked_at is null and (g.ends_at is null or g.ends_at > ${new Date(now)})`
