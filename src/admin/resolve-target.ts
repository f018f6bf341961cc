import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import type { TargetRef } from './grant-types.ts'
import { notFound } from './not-found.ts'

/** Exactly one of the first three is set. */
export type Target = {
  readonly entitlement_id: string | null
  readonly product_id: string | null
  readonly plan_version_id: string | null
  /** The plan's, where the target is one of its versions. */
  readonly plan_id: string | null
  /** The entitlement's kind. */
  readonly kind: string | null
  /** Whether a plan was named without a version: then a revoke means all of them. */
  readonly every_version: boolean
}

const nothing = {
  entitlement_id: null,
  product_id: null,
  plan_version_id: null,
  plan_id: null,
  kind: null,
  every_version: false,
}

/** Unknown: AppError NOT_FOUND. Archived: FAILED_PRECONDITION, but for taking back. */
export async function resolveTarget(tx: Tx, tenant: string, ref: TargetRef, taking = false): Promise<Target> {
  if ('entitlement' in ref) return { ...nothing, ...(await entitlement(tx, tenant, ref.entitlement, taking)) }
  if ('product' in ref) return { ...nothing, product_id: await product(tx, tenant, ref.product) }
  return { ...nothing, ...(await plan(tx, tenant, ref.plan)) }
}

async function entitlement(tx: Tx, tenant: string, key: string, taking: boolean) {
  const [row] = await tx<{ id: string; kind: string; archived_at: number | null }[]>`
    select id, kind, archived_at from vouchsafe.entitlements where tenant_id = ${tenant} and key = ${key}`
  if (!row) throw notFound('entitlement', key)
  if (row.archived_at !== null && !taking) {
    throw new AppError('FAILED_PRECONDITION', `The entitlement "${key}" is archived.`, { entitlement: key })
  }
  return { entitlement_id: row.id, kind: row.kind }
}

async function product(tx: Tx, tenant: string, key: string): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.products where tenant_id = ${tenant} and key = ${key}`
  if (!row) throw notFound('product', key)
  return row.id
}

async function plan(tx: Tx, tenant: string, text: string) {
  const [key = '', n] = text.split('@')
  const [row] = await tx<{ plan_version_id: string; plan_id: string }[]>`
    select v.id as plan_version_id, p.id as plan_id
    from vouchsafe.plans p join vouchsafe.plan_versions v on v.tenant_id = p.tenant_id and v.plan_id = p.id
    where p.tenant_id = ${tenant} and p.key = ${key}
      and ${n === undefined ? tx`v.status = 'published'` : tx`v.status <> 'draft' and v.n = ${Number(n)}`}
    order by v.n desc limit 1`
  if (!row) throw notFound('published plan', text)
  return { ...row, every_version: n === undefined }
}
