import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import { checkGrant } from './check-grant.ts'
import { checkProvisioning } from './check-provisioning.ts'
import { checkGiven } from './delegate-grant.ts'
import { reachOf } from './delegate-reach.ts'
import { endGrants } from './end-grants.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type { By, GrantAnswer, GrantInput, GrantRecord, Needs } from './grant-types.ts'
import { idempotent } from './idempotent.ts'
import { moduleKey } from './module-key.ts'
import { newGrant } from './new-grant.ts'
import { notFound } from './not-found.ts'
import { ofHolder } from './of-holder.ts'
import { poolOf } from './pool-of.ts'
import { holdPools, type PoolShrink } from './pool-shrink.ts'
import { type Holder, organization, resolveOrCreateHolder } from './resolve-holder.ts'
import { resolveTarget, type Target } from './resolve-target.ts'

/**
 * Gives a right. An equal one inside a live window changes nothing (S001-10); after a revoke a new row is made.
 * An admin's grant ends the admin's deny of the same target. Another quantity for a pool's seats updates the row. Errors:
 * NOT_FOUND, INVALID_FIELD, FAILED_PRECONDITION (windows of one source and reference overlap; the module is provisioned
 * otherwise; the pool does not shrink so far), CALLER_NOT_ALLOWED (out of a delegate's reach), REQUEST_ID_REUSED.
 */
export async function grantEntitlement(needs: Needs, by: By, input: GrantInput): Promise<GrantAnswer> {
  const now = (needs.now ?? Date.now)()
  const { request_id: id, dry_run = false, ...body } = input
  const request = {
    action: input.effect === 'deny' ? 'AdminEntitlementDenied' : 'AdminEntitlementGranted',
    body,
    dry_run,
    ...(id && { id }),
    ...(input.reason && { reason: input.reason }),
  }
  const done = await idempotent(needs, by, request, (tx) => grantInside(tx, by, input, now))
  const { result, revision, preview } = done
  return { ...result, revision, ...(preview && { preview }) }
}

/** The same as part of a transaction that does more, such as a Stripe event's. `now` in ms; request_id does not count. */
export async function grantInside(
  tx: Tx,
  by: By,
  input: GrantInput,
  now: number,
): Promise<{ grant: GrantRecord; changed: boolean; shrunk: readonly PoolShrink[] }> {
  const reach = await reachOf(tx, by, now)
  const startsAt = input.starts_at ?? now
  const target = await resolveTarget(tx, by.tenant, input.target)
  checkGrant(input, target.kind, startsAt)
  const holder = await resolveOrCreateHolder(tx, by.tenant, input.holder)
  const wanted = await rowOf(tx, by, input, holder, target, startsAt, now)
  if (reach) await checkGiven(tx, by.tenant, reach, { ...wanted, starts_at: startsAt })
  if (wanted.module !== null) await checkProvisioning(tx, by.tenant, wanted.module, wanted)
  const settlePools = await holdPools(tx, by.tenant, [wanted.pool_id], now)
  // What an admin withholds a delegate does not give.
  const undenied = reach ? 0 : await endDenies(tx, by, wanted, target, now)
  const known = await knownGrant(tx, by.tenant, wanted)
  const grantId = known?.id ?? wanted.id
  if (known === undefined) await tx`insert into vouchsafe.grants ${tx(wanted as never)}`
  else if (!known.equal)
    await tx`update vouchsafe.grants set quantity = ${wanted.quantity} where tenant_id = ${by.tenant} and id = ${known.id}`
  const shrunk = await settlePools(wanted.source !== 'stripe')
  const [row] = await tx<
    GrantRow[]
  >`${selectGrants(tx)} where g.tenant_id = ${by.tenant} and g.id = ${grantId}`
  if (!row) throw notFound('grant', grantId)
  return { grant: toRecord(row), changed: !known?.equal || undenied > 0, shrunk }
}

type NewRow = Awaited<ReturnType<typeof rowOf>>

async function rowOf(
  tx: Tx,
  by: By,
  input: GrantInput,
  holder: Holder,
  target: Target,
  startsAt: number,
  now: number,
) {
  const scope = input.scope_organization
  return newGrant(by, holder, target, now, {
    scope_organization_id: scope ? await organization(tx, by.tenant, scope) : null,
    module: input.module ? await moduleKey(tx, by.tenant, input.module) : null,
    pool_id: input.pool ? await poolId(tx, by.tenant, holder, input.pool, input.module) : null,
    effect: input.effect ?? 'allow',
    access: input.access ?? 'full',
    value: input.value === undefined ? null : tx.json(input.value as never),
    quantity: input.quantity ?? null,
    source: input.source ?? 'admin',
    source_ref: input.source_ref ?? '',
    reason: input.reason ?? '',
    starts_at: new Date(startsAt),
    ends_at: input.ends_at === undefined ? null : new Date(input.ends_at),
    cost_microcents: input.cost_microcents ?? null,
    metadata: tx.json((input.metadata ?? {}) as never),
  })
}

// An explicit "yes" of an admin takes back the same admin's "no" (which may have been about another version of the plan).
async function endDenies(tx: Tx, by: By, wanted: NewRow, target: Target, now: number): Promise<number> {
  if (wanted.source !== 'admin' || wanted.effect === 'deny') return 0
  const denies = await tx<{ id: string }[]>`
    select g.id from vouchsafe.grants g
    where g.tenant_id = ${by.tenant} and g.revoked_at is null and g.effect = 'deny' and g.source = 'admin'
      and ${ofHolder(tx, wanted)}
      and g.scope_organization_id is not distinct from ${wanted.scope_organization_id} and g.module is not distinct from ${wanted.module}
      and (g.entitlement_id = ${wanted.entitlement_id} or g.product_id = ${wanted.product_id}
        or g.plan_version_id in (select id from vouchsafe.plan_versions where tenant_id = ${by.tenant} and plan_id = ${target.plan_id}))
      and (g.ends_at is null or g.ends_at > ${new Date(now)})`
  return endGrants(
    tx,
    by,
    denies.map(({ id }) => id),
    now,
    'granted again',
  )
}

/**
 * The equal grant whose window holds the wanted start, or the one that differs in its number of seats alone. Seats of
 * another pool are another grant. Any other overlap is refused.
 */
async function knownGrant(
  tx: Tx,
  tenant: string,
  wanted: NewRow,
): Promise<{ readonly id: string; readonly equal: boolean } | undefined> {
  const overlapping = await tx<{ id: string; alike: boolean; equal: boolean }[]>`
    select g.id, g.starts_at <= ${wanted.starts_at} and g.ends_at is not distinct from ${wanted.ends_at}
        and g.access = ${wanted.access} and g.value is not distinct from ${wanted.value}::jsonb
        and g.pool_id is not distinct from ${wanted.pool_id} as alike,
      g.quantity is not distinct from ${wanted.quantity}::bigint as equal
    from vouchsafe.grants g
    where g.tenant_id = ${tenant} and g.revoked_at is null
      and ${ofHolder(tx, wanted)}
      and g.scope_organization_id is not distinct from ${wanted.scope_organization_id} and g.module is not distinct from ${wanted.module}
      and g.entitlement_id is not distinct from ${wanted.entitlement_id} and g.product_id is not distinct from ${wanted.product_id}
      and g.plan_version_id is not distinct from ${wanted.plan_version_id}
      and g.effect = ${wanted.effect} and g.source = ${wanted.source} and g.source_ref = ${wanted.source_ref}
      and coalesce(g.pool_id = ${wanted.pool_id}::uuid, true)
      and tstzrange(g.starts_at, g.ends_at) && tstzrange(${wanted.starts_at}, ${wanted.ends_at})`
  const alike = overlapping.find((row) => row.alike)
  if (alike || overlapping.length === 0) return alike
  throw new AppError(
    'FAILED_PRECONDITION',
    'A grant of the same source and source_ref with other terms is in this window: revoke it, or give another source_ref.',
    { grant: `grt_${overlapping[0]?.id}` },
  )
}

async function poolId(
  tx: Tx,
  tenant: string,
  holder: Holder,
  key: string,
  module: string | undefined,
): Promise<string> {
  const id = await poolOf(tx, tenant, holder.organization_id, key, module ?? null)
  if (id === undefined) throw notFound('seat pool', key)
  return id
}
