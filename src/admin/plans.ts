import type { Plan } from '#core/catalogue.ts'
import type { Json } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { entitlementId, productId } from './catalogue.ts'
import { notFound } from './not-found.ts'

export async function addPlan(
  tx: Tx,
  tenant: string,
  plan: { readonly key: string; readonly kind: Plan['kind']; readonly name?: string; readonly rank?: number },
): Promise<string> {
  const id = newId()
  await tx`insert into vouchsafe.plans ${tx({ tenant_id: tenant, id, ...plan })}`
  return id
}

/** What one line of a plan gives, by key. */
export type PlanItem = { readonly entitlement: string; readonly value?: Json } | { readonly product: string }

/** Publishes the plan's next version with these items; those who hold an older one keep it. */
export async function publishPlan(
  tx: Tx,
  tenant: string,
  key: string,
  items: readonly PlanItem[],
): Promise<{ readonly id: string; readonly n: number }> {
  const [plan] = await tx<{ id: string }[]>`
    select id from vouchsafe.plans where tenant_id = ${tenant} and key = ${key} for no key update`
  if (!plan) throw notFound('plan', key)
  const id = newId()
  const [version] = await tx<{ n: number }[]>`
    insert into vouchsafe.plan_versions (tenant_id, id, plan_id, n)
    select ${tenant}, ${id}, ${plan.id}, coalesce(max(n), 0) + 1 from vouchsafe.plan_versions
      where tenant_id = ${tenant} and plan_id = ${plan.id}
    returning n`
  for (const item of items) await addItem(tx, tenant, id, item)
  await tx`update vouchsafe.plan_versions set status = 'published', published_at = now()
    where tenant_id = ${tenant} and id = ${id}`
  return { id, n: version?.n ?? 1 }
}

async function addItem(tx: Tx, tenant: string, version: string, item: PlanItem): Promise<void> {
  const target =
    'product' in item
      ? { product_id: await productId(tx, tenant, item.product) }
      : {
          entitlement_id: await entitlementId(tx, tenant, item.entitlement),
          ...(item.value !== undefined && { value: tx.json(item.value as never) }),
        }
  const row = { tenant_id: tenant, plan_version_id: version, id: newId(), ...target }
  await tx`insert into vouchsafe.plan_items ${tx(row as never)}`
}
