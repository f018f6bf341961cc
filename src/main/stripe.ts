import type { Config } from '#config'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import type { Sql } from '#postgres/pool.ts'
import { createAccountCache } from '#stripe/account-cache.ts'
import { createInbox } from '#stripe/inbox.ts'
import { readAccounts } from '#stripe/read-accounts.ts'
import { createWebhook } from '#stripe/webhook.ts'
import { createStripeSecrets, sayShutEndpoints } from './stripe-secrets.ts'

type Needs = {
  readonly config: Pick<Config, 'secretOf'>
  readonly sql: Sql
  readonly log: Log
  readonly metrics: Metrics
}

/** Everything about Stripe, from its webhooks on. */
export async function openStripe({ config, sql, log, metrics }: Needs) {
  const { now } = Date
  const secret = createStripeSecrets({ secretOf: config.secretOf, log, now })
  sayShutEndpoints(await readAccounts(sql), secret, log)
  const inbox = createInbox({ sql, wake: () => undefined })
  const accounts = createAccountCache({ read: () => readAccounts(sql), now })
  return { webhook: createWebhook({ accounts, inbox, secret, now, log, metrics }) }
}
