import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { asking } from './asking.ts'
import { readAccounts } from './read-accounts.ts'
import { syncNow } from './sync-now.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** ms. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly committed: (revision: RevisionToken) => void
}

/**
 * Fetches all customers of a subject (its UUID; anything else has none) at active accounts, and applies what they bought. Answers how many rights
 * are other than before. Errors: STRIPE_UNAVAILABLE, FAILED_PRECONDITION; what was done by then stays.
 */
export async function syncHolder(
  needs: Needs,
  tenant: string,
  subject: string,
): Promise<{ readonly asked: boolean; readonly changed: number }> {
  const { sql } = needs
  if (!uuid.test(subject)) return { asked: false, changed: 0 }
  const accounts = new Map((await readAccounts(sql)).map((account) => [account.id, account]))
  const customers = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ account_id: string; customer: string }[]>`
      select account_id, customer from vouchsafe.stripe_customers
      where tenant_id = ${tenant} and subject_id = ${subject} order by account_id, customer`,
  )
  const known = customers.flatMap(({ account_id, customer }) => {
    const account = accounts.get(account_id)
    return account ? [{ account, customer }] : []
  })
  if (known.length === 0) return { asked: false, changed: 0 }
  const before = await rightsOf(sql, tenant, subject)
  for (const { account, customer } of known) await asking(account, () => syncNow(needs, account, customer))
  const after = await rightsOf(sql, tenant, subject)
  const changed = [...after].filter(([id, text]) => before.get(id) !== text).length
  return { asked: true, changed }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What Stripe's workers keep in step, by id. Rows are never deleted. */
async function rightsOf(sql: Sql, tenant: string, subject: string): Promise<ReadonlyMap<string, string>> {
  const rows = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ id: string; row: string }[]>`
      select g.id, to_jsonb(g)::text as row from vouchsafe.grants g
      join vouchsafe.stripe_grants o on o.tenant_id = g.tenant_id and o.grant_id = g.id
      where g.tenant_id = ${tenant} and g.subject_id = ${subject}`,
  )
  return new Map(rows.map(({ id, row }) => [id, row]))
}
