import { AppError } from '#core/errors.ts'
import type { Json } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { checkValue } from './check-grant.ts'
import { orNull, same, stated } from './columns.ts'
import type { Command, WriteScope } from './command.ts'
import { etagOf } from './etag.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { resolveTarget } from './resolve-target.ts'
import { resource } from './resource.ts'

export type PlanDocument = {
  readonly key: string
  readonly name: string
  readonly kind: string
  readonly rank: number
  readonly group: string
  readonly current_version?: number
  /** 0: a trial has to say it. */
  readonly trial_days?: number
  readonly etag?: string
}

const plans = resource<PlanDocument, 'key' | 'kind'>({
  noun: 'plan',
  table: 'plans',
  name: 'key',
  document: (tx) => tx`jsonb_build_object('key', r.key, 'name', r.name, 'kind', r.kind, 'rank', r.rank,
    'group', coalesce(r.group_key, ''), 'trial_days', coalesce(r.trial_days, 0), 'current_version', coalesce((
      select max(v.n) from vouchsafe.plan_versions v
      where v.tenant_id = r.tenant_id and v.plan_id = r.id and v.status = 'published'), 0))`,
  fields: {
    key: same('key'),
    name: same('name'),
    kind: stated('kind'),
    rank: same('rank'),
    group: (group: string) => ({ group_key: group || null }),
    trial_days: orNull('trial_days'),
  },
  fixed: ['key', 'kind'],
})

export const { create: createPlan, get: getPlan, list: listPlans, update: updatePlan } = plans

export type ItemDocument = { readonly entitlement: string; readonly product: string; readonly value?: Json }

export type VersionDocument = {
  readonly plan: string
  readonly n: number
  readonly status: string
  readonly published_at?: string
  readonly items: readonly ItemDocument[]
  readonly etag?: string
}

type VersionRow = { readonly id: string; readonly n: number; readonly version: VersionDocument }
type Answer = { readonly version: VersionDocument }

/** The next version, as a draft. */
export const createPlanVersion: Command<
  { readonly plan: string; readonly items: readonly ItemDocument[] },
  Answer,
  WriteScope
> = async (tx, scope, { plan, items }) => {
  // Locked: two at once would take the same number.
  const { id: planId } = await plans.find(tx, scope, plan, true)
  const id = newId()
  await tx`insert into vouchsafe.plan_versions (tenant_id, id, plan_id, n)
    select ${scope.tenant}, ${id}, ${planId}, coalesce(max(n), 0) + 1 from vouchsafe.plan_versions
      where tenant_id = ${scope.tenant} and plan_id = ${planId}`
  await writeItems(tx, scope, id, items)
  return { version: shown(await findById(tx, scope, id)) }
}

/** Other items for a draft. Published: FAILED_PRECONDITION. */
export const updatePlanVersion: Command<
  { readonly version: string; readonly items: readonly ItemDocument[]; readonly etag: string },
  Answer
> = async (tx, scope, { version, items, etag }) => {
  const { id } = await findForChange(tx, scope, version, etag)
  await tx`delete from vouchsafe.plan_items where tenant_id = ${scope.tenant} and plan_version_id = ${id}`
  await writeItems(tx, scope, id, items)
  return { version: shown(await findById(tx, scope, id)) }
}

/** From now on, new grants of the plan get this version. Again: nothing changes. */
export const publishPlanVersion: Command<
  { readonly version: string; readonly etag: string },
  Answer,
  WriteScope
> = async (tx, scope, { version, etag }) => {
  const row = await findForChange(tx, scope, version, etag)
  if (row.version.status === 'retired') throw wrongStatus(version, 'retired')
  await tx`update vouchsafe.plan_versions set status = 'published', published_at = ${new Date(scope.now)}
    where tenant_id = ${scope.tenant} and id = ${row.id} and status = 'draft'`
  return { version: shown(await findById(tx, scope, row.id)) }
}

/** Nothing new gets this version from now on. A draft is not for sale anyway: FAILED_PRECONDITION. */
export const retirePlanVersion: Command<{ readonly version: string }, Answer> = async (
  tx,
  scope,
  { version },
) => {
  const row = await findForChange(tx, scope, version, '')
  if (row.version.status === 'draft') throw wrongStatus(version, 'a draft')
  await tx`update vouchsafe.plan_versions set status = 'retired'
    where tenant_id = ${scope.tenant} and id = ${row.id} and status = 'published'`
  return { version: shown(await findById(tx, scope, row.id)) }
}

export const getPlanVersion: Command<string, Answer> = async (tx, scope, version) => ({
  version: shown(await find(tx, scope, version)),
})

export const listPlanVersions: Command<PageInput & { readonly plan: string }, Page<VersionDocument>> = async (
  tx,
  scope,
  { plan, ...input },
) => {
  const { id } = await plans.find(tx, scope, plan)
  const page = await readPage(
    scope.pageTokens,
    [scope.tenant, 'plan_versions', id],
    input,
    (after, limit) => tx<VersionRow[]>`
      ${select(tx)} where v.tenant_id = ${scope.tenant} and v.plan_id = ${id}
        ${after ? tx`and v.n > ${after[0] as number}` : tx``} order by v.n limit ${limit}`,
    (row) => [row.n],
  )
  return { ...page, items: page.items.map(shown) }
}

async function findForChange(tx: Tx, scope: WriteScope, version: string, etag: string): Promise<VersionRow> {
  const row = await find(tx, scope, version, true)
  if (etag !== '' && etag !== etagOf(row.version)) {
    throw new AppError('ETAG_MISMATCH', 'The version was changed meanwhile.', { version })
  }
  return row
}

async function find(tx: Tx, scope: WriteScope, version: string, lock = false): Promise<VersionRow> {
  const [key = '', n] = version.split('@')
  const [row] = await tx<VersionRow[]>`
    ${select(tx)} where v.tenant_id = ${scope.tenant} and p.key = ${key} and v.n = ${Number(n)}
    ${lock ? tx`for no key update of v` : tx``}`
  if (!row) throw notFound('plan version', version)
  return row
}

async function findById(tx: Tx, scope: WriteScope, id: string): Promise<VersionRow> {
  const [row] = await tx<VersionRow[]>`${select(tx)} where v.tenant_id = ${scope.tenant} and v.id = ${id}`
  if (!row) throw notFound('plan version', id)
  return row
}

function select(tx: Tx) {
  return tx`select v.id, v.n, jsonb_build_object('plan', p.key, 'n', v.n, 'status', v.status,
      'published_at', v.published_at, 'items', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'entitlement', coalesce(e.key, ''), 'product', coalesce(o.key, ''))
          || case when i.value is null then '{}' else jsonb_build_object('value', i.value) end
          order by e.key, o.key), '[]')
        from vouchsafe.plan_items i
        left join vouchsafe.entitlements e on e.tenant_id = i.tenant_id and e.id = i.entitlement_id
        left join vouchsafe.products o on o.tenant_id = i.tenant_id and o.id = i.product_id
        where i.tenant_id = v.tenant_id and i.plan_version_id = v.id)) as version
    from vouchsafe.plan_versions v
    join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id`
}

async function writeItems(tx: Tx, { tenant }: WriteScope, version: string, items: readonly ItemDocument[]) {
  for (const item of items) {
    const row = {
      tenant_id: tenant,
      plan_version_id: version,
      id: newId(),
      ...(await targetOf(tx, tenant, item)),
    }
    const made = await tx`insert into vouchsafe.plan_items ${tx(row as never)} on conflict do nothing`
    if (made.count === 0) throw invalid('items', `"${item.entitlement || item.product}" is named twice.`)
  }
}

async function targetOf(tx: Tx, tenant: string, { entitlement, product, value }: ItemDocument) {
  if ((entitlement === '') === (product === '')) {
    throw invalid('items', 'An item names an entitlement or a product.')
  }
  const target = await resolveTarget(tx, tenant, entitlement ? { entitlement } : { product })
  if (value !== undefined) checkValue(value, target.kind)
  const { entitlement_id, product_id } = target
  return { entitlement_id, product_id, value: value === undefined ? null : tx.json(value as never) }
}

function wrongStatus(version: string, status: string): AppError {
  return new AppError('FAILED_PRECONDITION', `The version ${version} is ${status}.`, { version, status })
}

function shown({ version }: VersionRow): VersionDocument {
  return { ...version, etag: etagOf(version) }
}
