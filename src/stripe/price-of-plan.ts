import { invalid } from '#admin/invalid.ts'
import { notFound } from '#admin/not-found.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'

/** The only price that gives the plan, in its newest version that has one. Errors: NOT_FOUND, FAILED_PRECONDITION, INVALID_FIELD. */
export async function priceOfPlan(tx: Tx, tenant: string, plan: string): Promise<string> {
  const [known] = await tx`select from vouchsafe.plans where tenant_id = ${tenant} and key = ${plan}`
  if (!known) throw notFound('plan', plan)
  const rows = await tx<{ external_id: string; n: number }[]>`
    select distinct m.external_id, v.n from vouchsafe.price_mappings m
    join vouchsafe.plan_versions v on v.tenant_id = m.tenant_id and v.id = m.plan_version_id
    join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
    where m.tenant_id = ${tenant} and p.key = ${plan} and m.match = 'price'
    order by v.n desc, m.external_id`
  const [first, ...others] = rows
  if (!first) {
    throw new AppError('FAILED_PRECONDITION', `No price is mapped to the plan "${plan}": map one first.`, {
      plan,
    })
  }
  if (others.some(({ n }) => n === first.n)) {
    throw invalid('plan', `Several prices are mapped to the plan "${plan}": say which in lines.`)
  }
  return first.external_id
}

/** Whether the holder had the trial of a group that one of these prices belongs to. */
export async function hadTrial(
  tx: Tx,
  tenant: string,
  { subject_id, organization_id }: Holder,
  prices: readonly string[],
): Promise<boolean> {
  const own = (alias: string) =>
    subject_id === null
      ? tx`${tx(alias)}.organization_id = ${organization_id} and ${tx(alias)}.subject_id is null`
      : tx`${tx(alias)}.subject_id = ${subject_id}`
  const [had] = await tx`
    with bought as (
      select distinct coalesce(p.group_key, p.key) as group_key from vouchsafe.price_mappings m
      join vouchsafe.plan_versions v on v.tenant_id = m.tenant_id and v.id = m.plan_version_id
      join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
      where m.tenant_id = ${tenant} and m.external_id = any(${prices as string[]}))
    select from bought b where exists (
        select from vouchsafe.trial_uses t
        where t.tenant_id = ${tenant} and t.group_key = b.group_key and ${own('t')})
      or exists (
        select from vouchsafe.grants g
        join vouchsafe.plan_versions v on v.tenant_id = g.tenant_id and v.id = g.plan_version_id
        join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
        where g.tenant_id = ${tenant} and g.source = 'trial' and ${own('g')}
          and coalesce(p.group_key, p.key) = b.group_key)
    limit 1`
  return had !== undefined
}
