import type { StripeAccount } from './account.ts'
import type { AccountCache } from './account-cache.ts'
import type { Envelope } from './envelope.ts'
import { effectOf } from './event-effect.ts'
import type { Inbox } from './inbox.ts'
import { markOf } from './mark-of.ts'
import { proveEvent } from './prove-event.ts'
import { type RefusalCause, RefusedDelivery } from './refused-delivery.ts'
import { type SecretOf, usableSecrets } from './usable-secrets.ts'

type Needs = {
  readonly accounts: AccountCache
  readonly inbox: Inbox
  readonly secret: SecretOf
  /** ms. */
  readonly now: () => number
  readonly log: Readonly<Record<'info' | 'warn', (fields: object, message: string) => void>>
  readonly metrics: {
    readonly stripeReceived: (type: string, outcome: Outcome) => void
    readonly stripeRefused: (cause: RefusalCause | 'failure') => void
  }
}

/** What became of an event. Of one that marks nobody, what its type is good for. */
export type Outcome = 'stored' | 'duplicate' | 'notice' | 'ignored' | 'unknown'

const outcomes = { marks: 'stored', notice: 'notice', none: 'ignored', unknown: 'unknown' } as const

export type Delivery = {
  /** The end of the path; absent: the bare path. */
  readonly endpoint?: string | undefined
  readonly body: Uint8Array
  /** Every `Stripe-Signature` header. */
  readonly signatures: readonly string[]
}

/** Durably accepted now, or before. */
export type Receipt = {
  readonly received: true
  readonly event_id: string
  readonly processed: boolean
  readonly reason?: 'duplicate_event'
}

/** Comes back after the commit; else throws an AppError, and nothing is stored. */
export type Webhook = (delivery: Delivery) => Promise<Receipt>

/** What Stripe delivers: proved, kept, answered. Of a body nothing is believed but who changed. */
export function createWebhook({ accounts, inbox, secret, now, log, metrics }: Needs): Webhook {
  async function receive({ endpoint, body, signatures }: Delivery): Promise<Receipt> {
    const account = await accountOf(accounts, endpoint)
    const { secrets } = usableSecrets(account, secret)
    const envelope = proveEvent(account, { body, signatures }, secrets, now())
    return receiptOf(account, envelope)
  }

  async function receiptOf(account: StripeAccount, envelope: Envelope): Promise<Receipt> {
    const { id, type } = envelope
    const kept = await inbox.receive(account, envelope, 'push')
    const outcome = kept === 'duplicate' ? kept : outcomeOf(envelope)
    metrics.stripeReceived(type, outcome)
    if (outcome === 'notice')
      log.info({ endpoint: account.key, event: id, type, customer: envelope.customer }, 'a notice of Stripe')
    const receipt = { received: true, event_id: id } as const
    return kept === 'stored'
      ? { ...receipt, processed: true }
      : { ...receipt, processed: false, reason: 'duplicate_event' }
  }

  return async (delivery) => {
    try {
      return await receive(delivery)
    } catch (error) {
      const cause = error instanceof RefusedDelivery ? error.refusal : 'failure'
      metrics.stripeRefused(cause)
      // It was signed for this endpoint, and is not for it.
      if (cause === 'livemode' || cause === 'account')
        log.warn(
          { endpoint: delivery.endpoint, refused: cause },
          'an event of another Stripe account or mode',
        )
      throw error
    }
  }
}

/** What does not say whom it is about is no better known than a type that is not. */
function outcomeOf(envelope: Envelope): Outcome {
  const outcome = outcomes[effectOf(envelope.type)]
  return outcome === 'stored' && markOf(envelope) === undefined ? 'unknown' : outcome
}

async function accountOf(accounts: AccountCache, endpoint: string | undefined): Promise<StripeAccount> {
  const account = await (endpoint === undefined ? accounts.only() : accounts.byKey(endpoint))
  if (account !== undefined) return account
  const bare = 'There is not just one Stripe account: send to /webhooks/stripe/{endpoint}.'
  throw new RefusedDelivery('no endpoint', endpoint === undefined ? bare : undefined)
}
