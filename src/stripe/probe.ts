import { AppError } from '#core/errors.ts'
import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import { accountNamed } from './account-named.ts'
import type { StripeApi } from './api/create-api.ts'
import { failureFor } from './asking.ts'
import { markingEvents } from './event-effect.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** The text that a reference stands for. */
  readonly secret: (reference: string) => string | undefined
}

export type Probed = {
  readonly ok: boolean
  /** "acct_…"; empty where Stripe did not say it: it did not answer, or the key may not know. */
  readonly account: string
  /** For a person to read. */
  readonly problems: readonly string[]
  readonly event_types: readonly string[]
  readonly webhook_path: string
}

/** Asks Stripe whose the account's key is, and says what would keep it from working. Errors: NOT_FOUND, INVALID_FIELD. */
export async function probe(needs: Needs, tenant: string, key: string): Promise<Probed> {
  const account = await accountNamed(needs.sql, tenant, key)
  const problems = account.webhook_secrets
    .filter((reference) => !needs.secret(reference))
    .map((reference) => `There is no signing secret at ${reference}: webhooks are refused until there is.`)
  let id = ''
  try {
    id = (await needs.api(account).ownAccount()).id ?? ''
    if (account.account !== undefined && id !== '' && id !== account.account) {
      problems.push(`The key is one of ${id}, but the account is said to be ${account.account}.`)
    }
  } catch (error) {
    const failure = failureFor(account.key, error)
    if (!(failure instanceof AppError)) throw failure
    problems.push(failure.message)
  }
  return {
    ok: problems.length === 0,
    account: id,
    problems,
    event_types: markingEvents,
    webhook_path: `/webhooks/stripe/${account.key}`,
  }
}
