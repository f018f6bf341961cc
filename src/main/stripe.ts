import type { Config } from '#config'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import { safeError } from '#observe/safe-error.ts'
import type { Sql } from '#postgres/pool.ts'
import { createAccountCache } from '#stripe/account-cache.ts'
import { createInbox } from '#stripe/inbox.ts'
import { readAccounts } from '#stripe/read-accounts.ts'
import { type SecretOf, usableSecrets } from '#stripe/usable-secrets.ts'
import { createWebhook } from '#stripe/webhook.ts'

type Needs = {
  readonly config: Pick<Config, 'secretOf'>
  readonly sql: Sql
  readonly log: Log
  readonly metrics: Metrics
}

/** Everything about Stripe, from its webhooks on. */
export async function openStripe({ config, sql, log, metrics }: Needs) {
  const secret = keptSecrets(config.secretOf, log)
  const inbox = createInbox({ sql, wake: () => undefined })
  const accounts = createAccountCache({ read: () => readAccounts(sql), now: Date.now })
  // Says at the start which endpoints are shut.
  for (const account of await readAccounts(sql)) {
    const { secrets } = usableSecrets(account, secret)
    if (secrets.length === 0)
      log.error(
        { endpoint: account.key },
        'the webhooks of this Stripe endpoint are refused: it has no signing secret',
      )
  }
  return { webhook: createWebhook({ accounts, inbox, secret, now: Date.now, log, metrics }) }
}

const freshMs = 1000

/** A reference leads nowhere until it does: the log says so once, and never what is there. */
function keptSecrets(secretOf: Config['secretOf'], log: Log): SecretOf {
  const kept = new Map<string, { readonly at: number; readonly text: string | undefined }>()
  const read = (reference: string): string | undefined => {
    try {
      return secretOf(reference).reveal()
    } catch (error) {
      const last = kept.get(reference)
      if (last === undefined || last.text !== undefined)
        log.warn({ reference, why: safeError(error).message }, 'a secret of Stripe cannot be used')
      return undefined
    }
  }
  return (reference) => {
    const known = kept.get(reference)
    if (known !== undefined && Math.abs(Date.now() - known.at) < freshMs) return known.text
    const text = read(reference)
    kept.set(reference, { at: Date.now(), text })
    return text
  }
}
