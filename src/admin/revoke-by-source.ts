import type { GrantSource } from '#core/grant.ts'
import type { Tx } from '#postgres/pool.ts'
import type { Command } from './command.ts'
import { endGrants } from './end-grants.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type { By, HolderRef, Needs, RevokeAnswer } from './grant-types.ts'
import { idempotent } from './idempotent.ts'
import { ofHolder } from './of-holder.ts'
import { holdPools } from './pool-shrink.ts'
import { resolveHolder } from './resolve-holder.ts'
import { takeGrants } from './take-grants.ts'

type FromSource = {
  readonly holder: HolderRef
  readonly source: GrantSource
  /** Only those of this reference. Default: all. */
  readonly source_ref?: string
}

export type RevokeBySourceInput = FromSource & { readonly reason?: string; readonly request_id?: string }

export type SourceRevoked = Pick<RevokeAnswer, 'revoked' | 'shrunk'> & {
  /** Keys of what the grants gave, also through plans. */
  readonly products: readonly string[]
  readonly entitlements: readonly string[]
}

/** The same for an administrator: what Stripe gave is not ended but withheld, for only Stripe ends its own. */
export const revokeFromSource: Command<FromSource & { readonly reason: string }, SourceRevoked> = async (
  tx,
  scope,
  input,
) => {
  const rows = await fromSource(tx, scope.tenant, input, scope.now)
  const taken = await takeGrants(tx, scope, rows, scope.now, input.reason)
  return { ...taken, ...(await givenBy(tx, scope.tenant, rows)) }
}

/** Ends all of a holder's grants from one source, and no other's (S001-12). For the source itself, so also Stripe's. */
export async function revokeBySource(
  needs: Needs,
  by: By,
  input: RevokeBySourceInput,
): Promise<RevokeAnswer> {
  const now = (needs.now ?? Date.now)()
  const { request_id: id, ...body } = input
  const request = {
    action: 'EntitlementsRevokedBySource',
    body,
    ...(id && { id }),
    ...(input.reason && { reason: input.reason }),
  }
  const { result, revision } = await idempotent(needs, by, request, async (tx) => {
    const rows = await fromSource(tx, by.tenant, input, now)
    const reason = input.reason ?? ''
    const pools = rows.map((row) => row.pool_id)
    const settlePools = await holdPools(tx, by.tenant, pools, now)
    await endGrants(
      tx,
      by,
      rows.map((row) => row.id),
      now,
      reason,
    )
    const shrunk = await settlePools(input.source !== 'stripe')
    const ended = { revoked_at: now, revoked_by: by.actor, revoke_reason: reason }
    return { revoked: rows.map((row) => toRecord({ ...row, ...ended })), shrunk }
  })
  return { ...result, changed: result.revoked.length > 0, revision }
}

async function fromSource(
  tx: Tx,
  tenant: string,
  { holder: ref, source, source_ref }: FromSource,
  now: number,
): Promise<readonly GrantRow[]> {
  const holder = await resolveHolder(tx, tenant, ref, true)
  return tx<GrantRow[]>`
    ${selectGrants(tx)} where g.tenant_id = ${tenant} and ${ofHolder(tx, holder)} and g.revoked_at is null
      and g.source = ${source} and (g.ends_at is null or g.ends_at > ${new Date(now)})
      and ${source_ref === undefined ? tx`true` : tx`g.source_ref = ${source_ref}`}
    order by g.granted_at, g.id`
}

async function givenBy(tx: Tx, tenant: string, rows: readonly GrantRow[]) {
  const ids = rows.filter(({ effect }) => effect !== 'deny').map(({ id }) => id)
  const keys = await tx<{ product: string | null; entitlement: string | null }[]>`
    select distinct p.key::text as product, e.key::text as entitlement
    from vouchsafe.grants g
    left join vouchsafe.plan_items i on i.tenant_id = g.tenant_id and i.plan_version_id = g.plan_version_id
    left join vouchsafe.products p on p.tenant_id = g.tenant_id and p.id in (g.product_id, i.product_id)
    left join vouchsafe.entitlements e on e.tenant_id = g.tenant_id and e.id in (g.entitlement_id, i.entitlement_id)
    where g.tenant_id = ${tenant} and g.id = any(${ids}::uuid[])`
  const sorted = (key: 'product' | 'entitlement') =>
    [...new Set(keys.flatMap((row) => row[key] ?? []))].sort()
  return { products: sorted('product'), entitlements: sorted('entitlement') }
}
