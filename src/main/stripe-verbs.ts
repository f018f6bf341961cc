import { AppError } from '#core/errors.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import type { Stripe } from '#rpc/stripe.ts'
import { replay } from '#stripe/replay.ts'

type Needs = {
  readonly sql: Sql
  /** ms. */
  readonly now: () => number
  /** Told of each commit, before anybody else. */
  readonly committed: (revision: RevisionToken) => void
  readonly secretsFolder: string | undefined
  /** Somebody is to be fetched. */
  readonly wake: () => void
}

/** What the administration has done with Stripe. */
export function createStripeVerbs(needs: Needs): Stripe {
  const { secretsFolder } = needs
  return {
    secretsFolder,
    bindCustomer: async () => notYet(),
    unbindCustomer: async () => notYet(),
    replay,
    probe: async () => notYet(),
    createCheckout: async () => notYet(),
    createPortal: async () => notYet(),
    async *sync() {
      yield notYet()
    },
    async *verify() {
      yield notYet()
    },
    syncHolder: async () => ({ asked: false, changed: 0 }),
  }
}

function notYet(): never {
  throw new AppError('FAILED_PRECONDITION', 'Stripe is not connected.')
}
