import type { GrantSource } from '#core/grant.ts'
import { endGrants } from './end-grants.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type { By, HolderRef, Needs, RevokeAnswer } from './grant-types.ts'
import { idempotent } from './idempotent.ts'
import { resolveHolder } from './resolve-holder.ts'

export type RevokeBySourceInput = {
  readonly holder: HolderRef
  readonly source: GrantSource
  /** Only those of this reference. Default: all. */
  readonly source_ref?: string
  readonly reason?: string
  readonly request_id?: string
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
    const holder = await resolveHolder(tx, by.tenant, input.holder, true)
    const rows = await tx<GrantRow[]>`
      ${selectGrants(tx)} where g.tenant_id = ${by.tenant} and g.revoked_at is null and g.source = ${input.source}
        and (g.ends_at is null or g.ends_at > ${new Date(now)})
        and ${input.source_ref === undefined ? tx`true` : tx`g.source_ref = ${input.source_ref}`}
        and g.subject_id is not distinct from ${holder.subject_id} and g.organization_id is not distinct from ${holder.organization_id}
      order by g.granted_at, g.id`
    const reason = input.reason ?? ''
    await endGrants(
      tx,
      by,
      rows.map((row) => row.id),
      now,
      reason,
    )
    return rows.map((row) =>
      toRecord({ ...row, revoked_at: now, revoked_by: by.actor, revoke_reason: reason }),
    )
  })
  return { revoked: result, changed: result.length > 0, revision }
}
