import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'

const dayMs = 86_400_000
const atLeast = 100
/** So many passes are a month, in which everybody has a turn. */
const passes = 30 * 24

/**
 * Lists do not tell all: neither features, nor that a dispute is decided. The bound customers that were not fetched for a
 * day, some a pass. Who is marked has had a turn, or waits for one: those who cannot be fetched must not be all that is
 * ever found.
 */
export async function longNotFetched(
  sql: Sql,
  { tenant, id }: StripeAccount,
  now: number,
): Promise<readonly string[]> {
  const found = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ customer: string }[]>`
      select s.customer from vouchsafe.stripe_states s
      join vouchsafe.stripe_customers c using (tenant_id, account_id, customer)
      where s.tenant_id = ${tenant} and s.account_id = ${id} and s.fetched_at < ${new Date(now - dayMs)}
        and not exists (select from vouchsafe.stripe_marks m
          where m.tenant_id = s.tenant_id and m.account_id = s.account_id and m.object = s.customer)
      order by s.fetched_at
      limit (select greatest(${atLeast}, count(*) / ${passes}) from vouchsafe.stripe_customers
        where tenant_id = ${tenant} and account_id = ${id})`,
  )
  return found.map(({ customer }) => customer)
}
