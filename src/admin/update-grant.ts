import { AppError } from '#core/errors.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { checkMetadata, checkValue } from './check-grant.ts'
import type { Command, Scope } from './command.ts'
import { failed } from './failed.ts'
import { holdGrant } from './find-grant.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type { GrantRecord } from './grant-types.ts'
import { invalid } from './invalid.ts'
import { isStripes } from './is-stripes.ts'
import { notFound } from './not-found.ts'
import { ofHolder } from './of-holder.ts'

export type GrantUpdate = {
  readonly grant: string
  readonly etag?: string
  /** Fields to change, by name. */
  readonly fields: readonly string[]
  /** Times in ms. What is named and absent is cleared. */
  readonly terms: {
    readonly ends_at?: number
    readonly past_due_at?: number
    readonly value?: Json
    readonly reason?: string
    readonly cost_microcents?: number
    readonly metadata?: JsonObject
  }
}

/**
 * Changes the terms of a live grant. Errors: NOT_FOUND, INVALID_FIELD, ETAG_MISMATCH, FAILED_PRECONDITION (Stripe's,
 * ended or revoked; its new window would meet another grant of the same source and reference).
 */
export const updateGrant: Command<
  GrantUpdate,
  { readonly grant: GrantRecord; readonly changed: boolean }
> = async (tx, scope, { grant, etag, fields, terms }) => {
  const row = await holdGrant(tx, scope.tenant, grant)
  const before = toRecord(row)
  if (etag && etag !== before.etag)
    throw new AppError('ETAG_MISMATCH', 'The grant was changed meanwhile.', { noun: 'grant' })
  refuseClosed(row, before.id, scope.now)
  const columns: Record<string, unknown> = {}
  for (const field of fields) {
    const column: Column | undefined = Object.hasOwn(changeable, field)
      ? changeable[field as keyof typeof changeable]
      : undefined
    if (!column) throw invalid('update_mask', `The field ${field} of a grant cannot be set here.`)
    Object.assign(columns, await column(tx, scope, row, terms))
  }
  const changed = Object.keys(columns).length > 0 && (await write(tx, scope, row.id, columns))
  if (changed && fields.includes('ends_at')) await refuseOverlap(tx, scope.tenant, row)
  const [after] = await tx<
    GrantRow[]
  >`${selectGrants(tx)} where g.tenant_id = ${scope.tenant} and g.id = ${row.id}`
  if (!after) throw notFound('grant', grant)
  return { grant: toRecord(after), changed }
}

type Columns = Readonly<Record<string, unknown>>
type Column = (tx: Tx, scope: Scope, row: GrantRow, terms: GrantUpdate['terms']) => Columns | Promise<Columns>

const changeable = {
  ends_at(_tx, { now }, row, { ends_at: ends }) {
    if (ends === undefined) return { ends_at: null }
    if (ends <= row.starts_at) throw invalid('ends_at', 'A grant ends after it starts.')
    if (ends < now) throw invalid('ends_at', 'A grant does not end in the past: revoke it.')
    return { ends_at: new Date(ends) }
  },
  past_due_at: (_tx, _scope, _row, { past_due_at: since }) => ({
    past_due_at: since === undefined ? null : new Date(since),
  }),
  async value(tx, { tenant }, row, { value }) {
    const kind = await kindOf(tx, tenant, row.entitlement_id)
    if (value !== undefined) checkValue(value, kind)
    else if (row.effect === 'override' && kind !== null && kind !== 'boolean')
      throw invalid('value', 'An override needs its value.')
    return { value: value === undefined ? null : tx.json(value as never) }
  },
  reason: (_tx, _scope, _row, { reason = '' }) => ({ reason }),
  cost_microcents: (_tx, _scope, _row, { cost_microcents: cost = null }) => ({ cost_microcents: cost }),
  metadata(tx, _scope, _row, { metadata = {} }) {
    checkMetadata(metadata)
    return { metadata: tx.json(metadata as never) }
  },
} as const satisfies Readonly<Record<string, Column>>

function refuseClosed(row: GrantRow, grant: string, now: number): void {
  if (isStripes(row))
    throw failed('Only Stripe changes what it gave: withhold it or override it.', {
      grant,
      source: row.source,
    })
  if (row.revoked_at !== null) throw failed('The grant was revoked: give a new one.', { grant })
  if (row.ends_at !== null && row.ends_at <= now)
    throw failed('The grant has ended: give a new one.', { grant })
}

async function kindOf(tx: Tx, tenant: string, id: string | null): Promise<string | null> {
  const [row] = await tx<{ kind: string }[]>`
    select kind from vouchsafe.entitlements where tenant_id = ${tenant} and id = ${id}`
  return row?.kind ?? null
}

async function write(
  tx: Tx,
  { tenant, now }: Scope,
  id: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const [before] = await tx<
    { row: unknown }[]
  >`select to_jsonb(g) - 'updated_at' as row from vouchsafe.grants g where tenant_id = ${tenant} and id = ${id}`
  const [after] = await tx<{ row: unknown }[]>`
    update vouchsafe.grants g set ${tx(columns)} where tenant_id = ${tenant} and id = ${id}
    returning to_jsonb(g) - 'updated_at' as row`
  if (JSON.stringify(before) === JSON.stringify(after)) return false
  await tx`update vouchsafe.grants set updated_at = ${new Date(now)} where tenant_id = ${tenant} and id = ${id}`
  return true
}

// As for a new grant: at one moment a source gives a thing under a reference once.
async function refuseOverlap(tx: Tx, tenant: string, row: GrantRow): Promise<void> {
  const [other] = await tx<{ id: string }[]>`
    select g.id from vouchsafe.grants me
    join vouchsafe.grants g on g.tenant_id = me.tenant_id and ${ofHolder(tx, row)} and g.id <> me.id and g.revoked_at is null
      and g.source = me.source and g.source_ref = me.source_ref and g.effect = me.effect
      and (g.scope_organization_id, g.module) is not distinct from (me.scope_organization_id, me.module)
      and (g.entitlement_id, g.product_id, g.plan_version_id)
        is not distinct from (me.entitlement_id, me.product_id, me.plan_version_id)
      and tstzrange(g.starts_at, g.ends_at) && tstzrange(me.starts_at, me.ends_at)
    where me.tenant_id = ${tenant} and me.id = ${row.id}`
  if (other)
    throw failed('Another grant of the same source and source_ref is in this window.', {
      grant: `grt_${other.id}`,
    })
}
