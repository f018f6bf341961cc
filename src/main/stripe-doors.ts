import type { StripeAccount } from '#stripe/account.ts'
import { type SecretOf, usableSecrets } from '#stripe/usable-secrets.ts'

type Needs = {
  /** The active ones. */
  readonly read: () => Promise<readonly StripeAccount[]>
  readonly secret: SecretOf
  /** ms. Default 15 000. */
  readonly everyMs?: number
}

/** Whether there is an account whose webhooks can be proved, as far as the accounts are known. */
export function watchStripeDoors({ read, secret, everyMs = 15_000 }: Needs) {
  let known: readonly StripeAccount[] = []
  const look = async () => {
    known = await read()
    return known
  }
  // While the database is away, what was known stays.
  const looking = setInterval(() => void look().catch(() => undefined), everyMs).unref()
  return {
    /** Whoever reads the accounts by this keeps the answer fresh. */
    look,
    anyOpen: (): boolean => known.some((account) => usableSecrets(account, secret).secrets.length > 0),
    close: (): void => clearInterval(looking),
  }
}
