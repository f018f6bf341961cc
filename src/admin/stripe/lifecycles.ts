import type { Command, Scope } from '#admin/command.ts'
import { invalid } from '#admin/invalid.ts'
import { notFound } from '#admin/not-found.ts'
import { type Page, type PageInput, readPage } from '#admin/page.ts'
import { resolveTarget } from '#admin/resolve-target.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'

/** What is unset is empty. */
export type LifecycleDocument = {
  /** A plan's key; empty: of all that have no rule of their own. */
  readonly plan: string
  readonly on_cancel: string
  /** "key@n" */
  readonly downgrade_to: string
  readonly read_only_days: number
  readonly on_pause: string
  readonly on_partial_refund: string
  readonly on_dispute: string
}

type Changed = { readonly lifecycle: LifecycleDocument; readonly changed: boolean }

/** Replaces the rule of a plan, and applies it to what was bought. Errors: INVALID_FIELD, NOT_FOUND. */
export const setLifecycle: Command<LifecycleDocument, Changed> = async (tx, scope, given) => {
  const planId = given.plan ? await planOf(tx, scope.tenant, given.plan) : null
  const onCancel = given.on_cancel || 'revoke'
  const row = {
    on_cancel: onCancel,
    downgrade_to: await downgrade(tx, scope.tenant, onCancel, given.downgrade_to),
    read_only_days: days(onCancel, given.read_only_days),
    on_pause: given.on_pause || 'keep',
    on_partial_refund: given.on_partial_refund || 'keep',
    on_dispute: given.on_dispute || 'suspend',
  }
  const [before] = await read(tx, scope, planId)
  await tx`insert into vouchsafe.lifecycles ${tx({ tenant_id: scope.tenant, id: newId(), plan_id: planId, ...row })}
    on conflict (tenant_id, plan_id) do nothing`
  await tx`update vouchsafe.lifecycles l set ${tx(row)}
    where l.tenant_id = ${scope.tenant} and l.plan_id is not distinct from ${planId}
      and (l.on_cancel, l.downgrade_to, l.read_only_days, l.on_pause, l.on_partial_refund, l.on_dispute)
        is distinct from (${row.on_cancel}, ${row.downgrade_to}::uuid, ${row.read_only_days}::integer, ${row.on_pause},
          ${row.on_partial_refund}, ${row.on_dispute})`
  const [after] = await read(tx, scope, planId)
  if (!after) throw notFound('lifecycle', given.plan)
  const changed = JSON.stringify(before) !== JSON.stringify(after)
  if (changed) await applied(tx, scope, planId)
  return { lifecycle: after.document, changed }
}

/** Nothing to take back is no error. */
export const removeLifecycle: Command<string, { readonly changed: boolean }> = async (tx, scope, plan) => {
  const planId = plan ? await planOf(tx, scope.tenant, plan) : null
  const gone = await tx`delete from vouchsafe.lifecycles
    where tenant_id = ${scope.tenant} and plan_id is not distinct from ${planId}`
  if (gone.count > 0) await applied(tx, scope, planId)
  return { changed: gone.count > 0 }
}

export const listLifecycles: Command<PageInput, Page<LifecycleDocument>> = async (tx, scope, input) => {
  const page = await readPage(
    scope.pageTokens,
    [scope.tenant, 'lifecycles'],
    input,
    (after, limit) => tx<Row[]>`${select(tx, scope)}
      ${after ? tx`and coalesce(p.key, '') > ${after[0] as string}` : tx``}
      order by coalesce(p.key, '') limit ${limit}`,
    ({ document }) => [document.plan],
  )
  return { ...page, items: page.items.map(({ document }) => document) }
}

type Row = { readonly document: LifecycleDocument }

function read(tx: Tx, scope: Scope, planId: string | null) {
  return tx<Row[]>`${select(tx, scope)} and l.plan_id is not distinct from ${planId} for no key update of l`
}

function select(tx: Tx, { tenant }: Scope) {
  return tx`select jsonb_build_object('plan', coalesce(p.key, ''), 'on_cancel', l.on_cancel,
      'downgrade_to', coalesce(d.key || '@' || v.n, ''), 'read_only_days', coalesce(l.read_only_days, 0),
      'on_pause', l.on_pause, 'on_partial_refund', l.on_partial_refund, 'on_dispute', l.on_dispute) as document
    from vouchsafe.lifecycles l
    left join vouchsafe.plans p on p.tenant_id = l.tenant_id and p.id = l.plan_id
    left join vouchsafe.plan_versions v on v.tenant_id = l.tenant_id and v.id = l.downgrade_to
    left join vouchsafe.plans d on d.tenant_id = v.tenant_id and d.id = v.plan_id
    where l.tenant_id = ${tenant}`
}

/** Those who bought what the rule is about. */
async function applied(tx: Tx, scope: Scope, planId: string | null): Promise<void> {
  if (scope.remap === undefined) return
  const rows = await tx<{ external_id: string }[]>`
    select distinct m.external_id from vouchsafe.price_mappings m
    where m.tenant_id = ${scope.tenant} and (${planId}::uuid is null or m.plan_version_id in (
      select id from vouchsafe.plan_versions where tenant_id = ${scope.tenant} and plan_id = ${planId}))`
  if (rows.length > 0)
    await scope.remap(
      tx,
      rows.map(({ external_id }) => external_id),
    )
}

async function planOf(tx: Tx, tenant: string, key: string): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.plans where tenant_id = ${tenant} and key = ${key}`
  if (!row) throw notFound('plan', key)
  return row.id
}

async function downgrade(tx: Tx, tenant: string, onCancel: string, plan: string): Promise<string | null> {
  if ((onCancel === 'downgrade') !== (plan !== '')) {
    throw invalid('downgrade_to', 'A plan is named for on_cancel downgrade, and for nothing else.')
  }
  return plan === '' ? null : (await resolveTarget(tx, tenant, { plan })).plan_version_id
}

function days(onCancel: string, count: number): number | null {
  if ((onCancel === 'read_only') !== count > 0) {
    throw invalid('read_only_days', 'Days are named for on_cancel read_only, and for nothing else.')
  }
  return count || null
}
