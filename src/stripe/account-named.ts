import { AppError } from '#core/errors.ts'
import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import { readAccounts } from './read-accounts.ts'

/**
 * An active account of the tenant by its key; empty: its only one. Errors: NOT_FOUND, INVALID_FIELD where there are
 * several.
 */
export async function accountNamed(sql: Sql, tenant: string, key: string): Promise<StripeAccount> {
  const own = (await readAccounts(sql)).filter((account) => account.tenant === tenant)
  const [found, another] = key === '' ? own : own.filter((account) => account.key === key)
  if (!found) {
    throw new AppError('NOT_FOUND', `There is no active Stripe account "${key}".`, {
      kind: 'Stripe account',
      name: key,
    })
  }
  if (another) {
    throw new AppError('INVALID_FIELD', 'There are several Stripe accounts: say which.', { field: 'account' })
  }
  return found
}
