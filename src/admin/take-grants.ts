import type { Tx } from '#postgres/pool.ts'
import { endGrants } from './end-grants.ts'
import { type GrantRow, toRecord } from './grant-rows.ts'
import type { By, GrantRecord, RevokeAnswer } from './grant-types.ts'
import { isStripes } from './is-stripes.ts'
import { newGrant } from './new-grant.ts'
import { ofHolder } from './of-holder.ts'
import { holdPools } from './pool-shrink.ts'

/** Ends these live grants; what Stripe gave is withheld by a deny row, for only Stripe ends its own. `now` in ms. */
export async function takeGrants(
  tx: Tx,
  by: By,
  rows: readonly GrantRow[],
  now: number,
  reason: string,
): Promise<Pick<RevokeAnswer, 'revoked' | 'shrunk'>> {
  const pools = rows.filter((row) => !isStripes(row)).map((row) => row.pool_id)
  const settlePools = await holdPools(tx, by.tenant, pools, now)
  const revoked = await take(tx, by, rows, now, reason)
  return { revoked, shrunk: await settlePools(true) }
}

async function take(
  tx: Tx,
  by: By,
  rows: readonly GrantRow[],
  now: number,
  reason: string,
): Promise<readonly GrantRecord[]> {
  const own = rows.filter((row) => !isStripes(row) || row.effect === 'deny')
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
      and ${ofHolder(tx, row)}
      and g.scope_organization_id is not distinct from ${row.scope_organization_id} and g.module is not distinct from ${row.module}
      and (g.entitlement_id = ${row.entitlement_id} or g.product_id = ${row.product_id} or g.plan_version_id = ${row.plan_version_id})`
  if (denied.length > 0) return false
  const { scope_organization_id, module } = row
  const added = newGrant(by, row, row, now, { scope_organization_id, module, effect: 'deny', reason })
  await tx`insert into vouchsafe.grants ${tx(added)}`
  return true
}

const live = (tx: Tx, now: number) =>
  tx`g.revoked_at is null and (g.ends_at is null or g.ends_at > ${new Date(now)})`
