import { invalid } from '#admin/invalid.ts'
import { notFound } from '#admin/not-found.ts'
import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import type { PricesAsked } from './api/read-prices.ts'
import type { Mapping } from './rules.ts'

type Mapped = Pick<Mapping, 'match' | 'external_id'>

/**
 * What is mapped to the plan, in its newest version that has something: its prices, or where none is named the lookup keys
 * that they have, or else their products. Errors: NOT_FOUND, FAILED_PRECONDITION.
 */
export async function mappedToPlan(tx: Tx, tenant: string, plan: string): Promise<readonly Mapped[]> {
  const [known] = await tx`select from vouchsafe.plans where tenant_id = ${tenant} and key = ${plan}`
  if (!known) throw notFound('plan', plan)
  const rows = await tx<(Mapped & { n: number })[]>`
    select distinct m.match, m.external_id, v.n from vouchsafe.price_mappings m
    join vouchsafe.plan_versions v on v.tenant_id = m.tenant_id and v.id = m.plan_version_id
    join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
    where m.tenant_id = ${tenant} and p.key = ${plan} and m.match <> 'feature'
    order by v.n desc, m.external_id`
  const newest = rows.filter(({ n }) => n === rows[0]?.n)
  for (const kind of ['price', 'lookup_key', 'product'] as const) {
    const found = newest.filter(({ match }) => match === kind)
    if (found.length > 0) return found
  }
  throw noPrice(plan)
}

/** The only price among what is mapped. Errors: FAILED_PRECONDITION, INVALID_FIELD. */
export async function onlyPrice(
  plan: string,
  mapped: readonly Mapped[],
  type: PricesAsked['type'],
  activePrices: (asked: PricesAsked) => Promise<readonly string[]>,
): Promise<string> {
  const found = await Promise.all(
    mapped.map(({ match, external_id: id }) => {
      if (match === 'price') return [id]
      return activePrices(match === 'product' ? { product: id, type } : { lookup_key: id, type })
    }),
  )
  const [only, another] = new Set(found.flat())
  if (only === undefined) throw noPrice(plan)
  if (another === undefined) return only
  throw invalid('plan', `Several prices are mapped to the plan "${plan}": say which in lines.`)
}

function noPrice(plan: string): AppError {
  return new AppError('FAILED_PRECONDITION', `No price is mapped to the plan "${plan}": map one first.`, {
    plan,
  })
}
