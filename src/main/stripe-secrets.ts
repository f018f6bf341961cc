import type { Config } from '#config'
import type { Log } from '#observe/logger.ts'
import { safeError } from '#observe/safe-error.ts'
import type { StripeAccount } from '#stripe/account.ts'
import { type SecretOf, usableSecrets } from '#stripe/usable-secrets.ts'

type Needs = {
  readonly secretOf: Config['secretOf']
  readonly log: Pick<Log, 'warn' | 'error'>
  /** ms. */
  readonly now: () => number
}

/** A secret in a file may be replaced meanwhile. */
const freshMs = 1000

/** What references lead to. The log says once of each that leads to nothing usable, and never what is there. */
export function createStripeSecrets({ secretOf, log, now }: Needs): SecretOf {
  const kept = new Map<string, { readonly at: number; readonly text: string | undefined }>()

  function read(reference: string): string | undefined {
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
    if (known !== undefined && Math.abs(now() - known.at) < freshMs) return known.text
    const text = read(reference)
    kept.set(reference, { at: now(), text })
    return text
  }
}

/** Says which endpoints are shut for want of a secret to prove anything by. */
export function sayShutEndpoints(
  accounts: readonly StripeAccount[],
  secret: SecretOf,
  log: Pick<Log, 'error'>,
): void {
  for (const account of accounts) {
    const { secrets, missing } = usableSecrets(account, secret)
    if (secrets.length > 0) continue
    log.error(
      { endpoint: account.key, references: missing },
      'the webhooks of this Stripe endpoint are refused: none of its signing secrets can be used',
    )
  }
}
