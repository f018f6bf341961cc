import { endGrants } from '#admin/end-grants.ts'
import type { By } from '#admin/grant-types.ts'
import { newGrant } from '#admin/new-grant.ts'
import { poolOf } from '#admin/pool-of.ts'
import { holdPools } from '#admin/pool-shrink.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { CustomerName } from './customer-name.ts'
import type { Change, Difference, NewGrant } from './difference.ts'
import { endReason } from './end-reason.ts'
import { keyOf } from './key-of.ts'
import type { CustomerState } from './state.ts'
import type { WantedGrant } from './wanted.ts'

type Owner = { readonly name: CustomerName; readonly holder: Holder; readonly state: CustomerState }

/**
 * Makes a customer's rows say what is wanted. The holder is locked by the caller. What is not bought any more is not
 * refused because of the seats that are taken: a pool goes by its rule for shrinking.
 */
export async function writeDifference(
  tx: Tx,
  scope: By & { readonly now: number },
  owner: Owner,
  { grant, change, end, kept }: Difference,
): Promise<void> {
  const { now } = scope
  const pools = await poolIds(tx, scope.tenant, owner.holder, grant)
  const touched = [...kept.values(), ...end].map(({ pool_id }) => pool_id)
  const settlePools = await holdPools(tx, scope.tenant, [...touched, ...pools.values()], now)
  await own(
    tx,
    owner.name,
    [...kept.values()].filter(({ adopted }) => adopted).map(({ id }) => id),
  )
  for (const [reason, ids] of byReason(end, owner.state)) await endGrants(tx, scope, ids, now, reason)
  for (const one of change) await update(tx, scope, one)
  const ids = new Map([...kept].map(([key, { id }]) => [key, id]))
  for (const one of grant) {
    const id = await insert(tx, scope, owner, one, pools.get(poolKey(one)) ?? null)
    if (id !== undefined) ids.set(keyOf(one), id)
  }
  await recordTrials(tx, scope, owner.holder, [...grant, ...change.map(({ wanted }) => wanted)], ids)
  await settlePools(false)
}

const poolKey = ({ pool, module }: WantedGrant) => JSON.stringify([pool ?? null, module ?? null])

/** By pool and module; made where the organization has none. */
async function poolIds(
  tx: Tx,
  tenant: string,
  { organization_id }: Holder,
  grants: readonly NewGrant[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  for (const grant of grants) {
    const { pool: key, module = null } = grant
    if (key === undefined || ids.has(poolKey(grant))) continue
    const known = await poolOf(tx, tenant, organization_id, key, module)
    const id = known ?? newId()
    if (known === undefined)
      await tx`insert into vouchsafe.seat_pools ${tx({ tenant_id: tenant, id, organization_id, key, module })}`
    ids.set(poolKey(grant), id)
  }
  return ids
}

async function insert(
  tx: Tx,
  scope: By & { readonly now: number },
  { name, holder }: Owner,
  wanted: NewGrant,
  pool_id: string | null,
): Promise<string | undefined> {
  const { plan_version_id = null, product_id = null, entitlement_id = null, value } = wanted
  const row = newGrant(scope, holder, { plan_version_id, product_id, entitlement_id }, scope.now, {
    module: wanted.module ?? null,
    pool_id,
    access: wanted.access,
    value: value === undefined ? null : tx.json(value as never),
    quantity: wanted.quantity ?? null,
    source: wanted.source,
    source_ref: wanted.source_ref,
    reason: wanted.reason,
    starts_at: new Date(wanted.starts_at),
    ends_at: instant(wanted.ends_at ?? null),
    past_due_at: instant(wanted.past_due_at ?? null),
    granted_by: 'stripe',
  })
  // The same account connected twice would bring the same right twice.
  const made = await tx<{ id: string }[]>`
    insert into vouchsafe.grants ${tx(row as never)} on conflict do nothing returning id`
  if (made.length === 0) return undefined
  await own(tx, name, [row.id])
  return row.id
}

async function own(tx: Tx, name: CustomerName, ids: readonly string[]): Promise<void> {
  const { tenant, account, customer } = name
  if (ids.length === 0) return
  await tx`insert into vouchsafe.stripe_grants (tenant_id, grant_id, account_id, customer)
    select ${tenant}, id, ${account}, ${customer} from unnest(${ids as string[]}::uuid[]) id`
}

async function update(tx: Tx, scope: By & { readonly now: number }, { id, set }: Change): Promise<void> {
  const columns = {
    ...(set.quantity !== undefined && { quantity: set.quantity }),
    ...(set.value !== undefined && { value: set.value === null ? null : tx.json(set.value as never) }),
    ...(set.starts_at !== undefined && { starts_at: new Date(set.starts_at) }),
    ...(set.ends_at !== undefined && { ends_at: instant(set.ends_at) }),
    ...(set.past_due_at !== undefined && { past_due_at: instant(set.past_due_at) }),
    updated_at: new Date(scope.now),
  }
  await tx`update vouchsafe.grants set ${tx(columns as never)} where tenant_id = ${scope.tenant} and id = ${id}`
}

/** The first of a group counts; whatever becomes of it. */
async function recordTrials(
  tx: Tx,
  scope: By & { readonly now: number },
  holder: Holder,
  wanted: readonly WantedGrant[],
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  for (const grant of wanted) {
    const grant_id = ids.get(keyOf(grant))
    if (grant.trial_group === undefined || grant_id === undefined) continue
    const row = {
      tenant_id: scope.tenant,
      id: newId(scope.now),
      group_key: grant.trial_group,
      ...holder,
      grant_id,
    }
    await tx`insert into vouchsafe.trial_uses ${tx(row)} on conflict do nothing`
  }
}

function byReason(end: Difference['end'], state: CustomerState): ReadonlyMap<string, string[]> {
  return Map.groupBy(end, ({ source_ref }) => endReason(source_ref, state))
    .entries()
    .reduce(
      (all, [reason, rows]) =>
        all.set(
          reason,
          rows.map(({ id }) => id),
        ),
      new Map<string, string[]>(),
    )
}

function instant(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}
