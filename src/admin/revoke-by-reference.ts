import { type GrantSource, grantSources } from '#core/grant.ts'
import type { Tx } from '#postgres/pool.ts'
import type { Command } from './command.ts'
import { findHolders } from './find-holders.ts'
import { type GrantRow, selectGrants } from './grant-rows.ts'
import type { HolderRef, RevokeAnswer } from './grant-types.ts'
import { areStripes } from './is-stripes.ts'
import { lockHolders } from './lock-holders.ts'
import { takeGrants } from './take-grants.ts'

export type ReferenceInput = {
  readonly source_ref: string
  /** Absent: of any source. */
  readonly source?: GrantSource
  /** Empty: from everybody. */
  readonly holders: readonly HolderRef[]
  readonly reason: string
}

export type ReferenceRevoked = Pick<RevokeAnswer, 'revoked' | 'shrunk'> & {
  readonly count: number
  /** There are more: the same again goes on with them. */
  readonly more: boolean
}

/** A transaction holds this many, so that none grows with the tenant. */
const batch = 10_000
const shown = 1000

/** Takes back what was given under a reference, from everybody or from those named; whom nobody knows has nothing of it. */
export const revokeByReference: Command<ReferenceInput, ReferenceRevoked> = async (tx, scope, input) => {
  const { tenant, now } = scope
  const known = (await findHolders(tx, tenant, input.holders)).filter((holder) => holder !== undefined)
  const mine =
    input.holders.length === 0
      ? tx`true`
      : tx`(g.subject_id = any(${known.flatMap(({ subject_id }) => subject_id ?? [])}::uuid[])
          or g.organization_id = any(${known.flatMap(({ organization_id }) => organization_id ?? [])}::uuid[]))`
  // One order for all who do this, before the holders' locks.
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['reference', tenant, input.source_ref])}, 0))`
  const find = (): Promise<readonly GrantRow[]> => tx<GrantRow[]>`
    ${selectGrants(tx)} where g.tenant_id = ${tenant} and g.source = any(${sourcesOf(input)}) and ${underReference(tx, input.source_ref)}
      and g.revoked_at is null and (g.ends_at is null or g.ends_at > ${new Date(now)}) and ${mine}
      and ${notWithheld(tx, now)}
    order by g.granted_at, g.id limit ${batch + 1}`
  await lockHolders(tx, tenant, await find())
  const rows = await find()
  const { revoked, shrunk } = await takeGrants(tx, scope, rows.slice(0, batch), now, input.reason)
  return { revoked: revoked.slice(0, shown), shrunk, count: revoked.length, more: rows.length > batch }
}

/** What was imported has an index of its own: who gave it is said, so that both are read and nothing else. */
export function underReference(tx: Tx, source_ref: string) {
  return tx`(g.source_ref = ${source_ref} and (g.granted_by = 'import' or g.granted_by is distinct from 'import'))`
}

function sourcesOf({ source }: ReferenceInput): string[] {
  return source === undefined ? [...grantSources] : [source]
}

// What Stripe gave stays live where an administrator withholds it already: it must not come up again for ever.
function notWithheld(tx: Tx, now: number) {
  return tx`(not ${areStripes(tx)} or not exists (
    select from vouchsafe.grants d where d.tenant_id = g.tenant_id and d.effect = 'deny' and d.source = 'admin' and d.revoked_at is null
      and d.starts_at <= ${new Date(now)} and (d.ends_at is null or d.ends_at > ${new Date(now)})
      and (d.subject_id = g.subject_id or d.organization_id = g.organization_id)
      and d.scope_organization_id is not distinct from g.scope_organization_id and d.module is not distinct from g.module
      and (d.entitlement_id = g.entitlement_id or d.product_id = g.product_id or d.plan_version_id = g.plan_version_id)))`
}
