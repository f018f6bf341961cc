import type { Config } from '#config'
import type { RevisionToken } from '#core/revision.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import type { Sql } from '#postgres/pool.ts'
import { createAccountCache } from '#stripe/account-cache.ts'
import { createStripeApi } from '#stripe/api/create-api.ts'
import { createInbox } from '#stripe/inbox.ts'
import { readAccounts } from '#stripe/read-accounts.ts'
import { createWebhook } from '#stripe/webhook.ts'
import { watchStripeDoors } from './stripe-doors.ts'
import { createStripeSecrets, sayShutEndpoints } from './stripe-secrets.ts'
import { openStripeWork } from './stripe-work.ts'

type Needs = {
  readonly config: Pick<
    Config,
    'secretOf' | 'stripeApiBase' | 'stripeInboxDays' | 'stripeRequests' | 'stripeWorker'
  >
  readonly sql: Sql
  /** The time of decisions, ms. */
  readonly now: () => number
  readonly committed: (revision: RevisionToken) => void
  /** Resolves when this process answers by it; rejects where that takes too long. */
  readonly visible: (revision: RevisionToken) => Promise<void>
  readonly log: Log
  readonly metrics: Metrics
}

/** Everything about Stripe, from its webhooks to the rights. */
export async function openStripe({ config, sql, now, committed, visible, log, metrics }: Needs) {
  const secret = createStripeSecrets({ secretOf: config.secretOf, log, now: Date.now })
  const doors = watchStripeDoors({ read: () => readAccounts(sql), secret })
  sayShutEndpoints(await doors.look(), secret, log)
  const api = createStripeApi({
    secret,
    ...(config.stripeApiBase && { base: config.stripeApiBase }),
    ...(config.stripeRequests !== undefined && { perSecond: config.stripeRequests }),
    skewed: metrics.stripeSkewed,
    metrics: {
      requested: (_account, operation, outcome, seconds) =>
        metrics.stripeRequested(operation, outcome, seconds),
      budget: metrics.stripeBudget,
    },
  })
  const inbox = createInbox({ sql, wake: () => work.wake() })
  const work = openStripeWork({
    ...{ config, sql, api, read: doors.look, inbox, now, committed, visible, log, metrics },
  })
  const accounts = createAccountCache({ read: doors.look, now: Date.now })
  return {
    webhook: createWebhook({ accounts, inbox, secret, now: Date.now, log, metrics }),
    api,
    secret,
    webhookOpen: doors.anyOpen,
    wake: work.wake,
    async close() {
      doors.close()
      await work.close()
    },
  }
}

export type OpenedStripe = Awaited<ReturnType<typeof openStripe>>
