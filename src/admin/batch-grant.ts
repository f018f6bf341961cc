import type { GrantSource } from '#core/grant.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { checkGrant } from './check-grant.ts'
import { checkProvisioning } from './check-provisioning.ts'
import type { Command, Scope } from './command.ts'
import { findHolders } from './find-holders.ts'
import type { HolderRef, TargetRef } from './grant-types.ts'
import { holdersOf } from './holders-of.ts'
import { invalid } from './invalid.ts'
import { lockHolders } from './lock-holders.ts'
import { moduleKey } from './module-key.ts'
import type { PageInput } from './page.ts'
import { type Holder, organization } from './resolve-holder.ts'
import { resolveTarget, type Target } from './resolve-target.ts'

export type BatchInput = PageInput & {
  readonly holders: readonly HolderRef[]
  /** Instead: whoever holds this now, in pages. */
  readonly holders_of?: TargetRef
  readonly target: TargetRef
  readonly value?: Json
  readonly module: string
  /** Limits it to an organization (id or key): then people alone get it. Empty: to none. */
  readonly scope_organization: string
  /** ms. Default now. */
  readonly starts_at?: number
  /** ms. Default for ever. */
  readonly ends_at?: number
  readonly source: GrantSource
  readonly source_ref: string
  readonly reason: string
  /** Millionths of a cent, each. */
  readonly cost_microcents?: number
  readonly metadata?: JsonObject
}

export type BatchGranted = {
  readonly granted: number
  readonly unchanged: number
  readonly unknown: readonly HolderRef[]
  /** Empty at the end. */
  readonly next_page_token: string
}

/**
 * Gives one right to many, in one transaction that is as large as the list or the page. Whoever got it before under the
 * same source and reference gets nothing again, whatever became of it (S001-48). Errors: NOT_FOUND, INVALID_FIELD,
 * FAILED_PRECONDITION (the module is provisioned otherwise).
 */
export const batchGrant: Command<BatchInput, BatchGranted> = async (tx, scope, input) => {
  const { tenant, now } = scope
  const target = await resolveTarget(tx, tenant, input.target)
  const { holders, holders_of, module, scope_organization, ...terms } = input
  if (holders_of === undefined ? holders.length === 0 : holders.length > 0)
    throw invalid('holders', 'Say who gets it: by holders, or by holders_of.')
  if (scope_organization && holders.some((one) => 'organization' in one))
    throw invalid('scope_organization', 'Only a subject’s grant is limited to an organization.')
  const anybody = { holder: { subject: '' }, target: input.target }
  checkGrant({ ...terms, ...anybody }, target.kind, input.starts_at ?? now)
  // One promotion at a time, or two would give the same twice.
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['reference', tenant, input.source_ref])}, 0))`
  const who = holders_of
    ? await holdersOf(tx, scope, { ...input, of: holders_of, people_only: scope_organization !== '' })
    : { ...(await listed(tx, tenant, holders)), next_page_token: '' }
  await lockHolders(tx, tenant, who.holders)
  const row = {
    ...terms,
    ...target,
    module: module ? await moduleKey(tx, tenant, module) : null,
    scope_organization_id: scope_organization ? await organization(tx, tenant, scope_organization) : null,
  }
  await refuseModule(tx, tenant, row, who.holders)
  const granted = await give(tx, scope, row, who.holders)
  const { unknown, next_page_token } = who
  return { granted, unchanged: who.holders.length - granted, unknown, next_page_token }
}

async function listed(tx: Tx, tenant: string, refs: readonly HolderRef[]) {
  const found = await findHolders(tx, tenant, refs)
  const holders = new Map<string, Holder>()
  for (const holder of found)
    if (holder) holders.set(holder.subject_id ?? holder.organization_id ?? '', holder)
  return { holders: [...holders.values()], unknown: refs.filter((_, n) => found[n] === undefined) }
}

async function refuseModule(
  tx: Tx,
  tenant: string,
  { module, scope_organization_id }: Row,
  holders: readonly Holder[],
) {
  if (module === null) return
  const kinds = [
    holders.find((one) => one.subject_id !== null),
    holders.find((one) => one.subject_id === null),
  ]
  for (const holder of kinds)
    if (holder)
      await checkProvisioning(tx, tenant, module, { ...holder, scope_organization_id, effect: 'allow' })
}

type Row = Omit<BatchInput, 'holders' | 'holders_of' | 'module' | 'scope_organization'> &
  Target & { readonly module: string | null; readonly scope_organization_id: string | null }

async function give(tx: Tx, scope: Scope, row: Row, holders: readonly Holder[]): Promise<number> {
  const people = holders.flatMap(({ subject_id }) => subject_id ?? [])
  const organizations = holders.flatMap(({ organization_id }) => organization_id ?? [])
  return (
    (await giveTo(tx, scope, row, 'subject_id', people)) +
    (await giveTo(tx, scope, row, 'organization_id', organizations))
  )
}

async function giveTo(
  tx: Tx,
  { tenant, actor, now }: Scope,
  row: Row,
  column: 'subject_id' | 'organization_id',
  holders: readonly string[],
): Promise<number> {
  if (holders.length === 0) return 0
  const ids = holders.map(() => newId(now))
  const same = row.entitlement_id
    ? tx`g.entitlement_id = ${row.entitlement_id}`
    : row.product_id
      ? tx`g.product_id = ${row.product_id}`
      : tx`g.plan_version_id in (select v.id from vouchsafe.plan_versions v where v.tenant_id = ${tenant} and v.plan_id = ${row.plan_id})`
  const made = await tx`
    insert into vouchsafe.grants (tenant_id, id, ${tx(column)}, scope_organization_id, module, entitlement_id, product_id, plan_version_id, value,
      source, source_ref, reason, starts_at, ends_at, granted_by, granted_at, cost_microcents, metadata)
    select ${tenant}, a.id, a.holder, ${row.scope_organization_id}::uuid, ${row.module}, ${row.entitlement_id}::uuid, ${row.product_id}::uuid, ${row.plan_version_id}::uuid,
      ${row.value === undefined ? null : tx.json(row.value as never)}::jsonb, ${row.source}, ${row.source_ref}, ${row.reason},
      ${new Date(row.starts_at ?? now)}::timestamptz, ${row.ends_at === undefined ? null : new Date(row.ends_at)}::timestamptz,
      ${actor}, ${new Date(now)}::timestamptz, ${row.cost_microcents ?? null}::bigint, ${tx.json((row.metadata ?? {}) as never)}::jsonb
    from unnest(${ids}::uuid[], ${holders as string[]}::uuid[]) a (id, holder)
    left join lateral (
      -- A limit, so that each holder is looked up: many may have got it under the reference.
      select true as got from vouchsafe.grants g where g.tenant_id = ${tenant} and g.${tx(column)} = a.holder
        and g.source = ${row.source} and g.source_ref = ${row.source_ref} and g.effect = 'allow'
        and g.module is not distinct from ${row.module}::text
        and g.scope_organization_id is not distinct from ${row.scope_organization_id}::uuid and ${same} limit 1
    ) before on true
    where before.got is null`
  return made.count
}
