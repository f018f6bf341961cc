import type { Config } from '#config'
import type { RevisionToken } from '#core/revision.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from '#stripe/account.ts'
import type { StripeApi } from '#stripe/api/create-api.ts'
import { applyRemaps } from '#stripe/apply-remaps.ts'
import { followAccounts } from '#stripe/follow-accounts.ts'
import { importPurchases } from '#stripe/import-purchases.ts'
import type { Inbox } from '#stripe/inbox.ts'
import { keepInSync } from '#stripe/keep-in-sync.ts'
import { readBacklog } from '#stripe/read-backlog.ts'
import { reconcile } from '#stripe/reconcile.ts'
import { sweep } from '#stripe/sweep.ts'
import { createWorker } from '#stripe/work.ts'

type Needs = {
  readonly config: Pick<Config, 'stripeInboxDays' | 'stripeWorker'>
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** The active accounts. */
  readonly read: () => Promise<readonly StripeAccount[]>
  readonly inbox: Inbox
  /** The database's time as it is known here, ms: leases of all processes are compared with it. */
  readonly now: () => number
  readonly committed: (revision: RevisionToken) => void
  readonly visible: (revision: RevisionToken) => Promise<void>
  readonly log: Log
  readonly metrics: Metrics
}

const backlogEveryMs = 15_000
const dayMs = 86_400_000
/** At the door at once: more come than are soon answered. */
const manyEvents = 100

/** Fetches whoever is marked and applies what is true, for all accounts as they come and go. */
export function openStripeWork(needs: Needs) {
  const { config, sql, api, read, inbox, now, committed, visible, log, metrics } = needs
  const counted = countBacklog(needs)
  if (config.stripeWorker === 'off') return { wake: () => undefined, close: async () => counted.close() }

  const followed = followAccounts({ read, added, log })
  const { accounts } = followed
  const worker = createWorker({
    sql,
    api,
    accounts,
    now,
    random: Math.random,
    log,
    metrics,
    committed,
    visible,
    crowded: () => inbox.underWay() >= manyEvents,
  })
  const comparing = { sql, api, now, wake: worker.wake, keptMs: config.stripeInboxDays * dayMs }
  const kept = keepInSync({
    accounts,
    sweep: (account, since) => sweep({ sql, api, inbox, now }, account, since),
    reconcile: (account, since) => reconcile(comparing, account, since),
    importPurchases: (account, since) => importPurchases(comparing, account, since),
    now,
    log,
  })

  const remaps = applyRemaps({ sql, now, wake: worker.wake, committed, log })

  function added(some: readonly StripeAccount[]): void {
    kept.begin(some)
    worker.wake()
  }

  return {
    wake: worker.wake,
    async close() {
      counted.close()
      await Promise.all([followed.close(), kept.close(), remaps.close(), worker.close()])
    },
  }
}

/** Also where others fetch: nobody else may be left to tell. */
function countBacklog({ sql, now, metrics }: Needs) {
  // A number that cannot be read now is read the next time.
  const count = () => void readBacklog(sql, now()).then(metrics.stripeBacklog, () => undefined)
  count()
  const counting = setInterval(count, backlogEveryMs).unref()
  return { close: () => clearInterval(counting) }
}
