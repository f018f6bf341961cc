import type { Stripe } from 'stripe'
import type { StripeAccount } from '#stripe/account.ts'
import type { Envelope } from '#stripe/envelope.ts'
import type { CustomerState, Sold } from '#stripe/state.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import type { Connection } from './connection.ts'
import { createClient } from './create-client.ts'
import { createCustomer } from './create-customer.ts'
import { customerOf } from './customer-of.ts'
import { type FetchOptions, fetchCustomer } from './fetch-customer.ts'
import { allSchedules, type ScheduleSeen } from './fetch-schedules.ts'
import { type ApiMetrics, createGate, type Gate } from './gate.ts'
import { legible, legibleEach } from './legible.ts'
import { type OwnAccount, ownAccount } from './own-account.ts'
import { undeliveredEvents } from './read-events.ts'
import { allMoneyBack, type MoneyBackSeen } from './read-money-back.ts'
import { activePrices, type PricesAsked, readPrice } from './read-prices.ts'
import { allPurchases, type PurchaseList, type PurchasePage, type PurchaseRange } from './read-purchases.ts'
import { allSubscriptions, type SubscriptionSeen } from './read-subscriptions.ts'
import {
  type CheckoutRequest,
  createCheckoutSession,
  createPortalSession,
  type PortalRequest,
  type SessionMade,
  setQuantity,
} from './sessions.ts'
import { StripeFailure } from './stripe-failure.ts'

type Needs = {
  /** The text that a reference ("env:NAME", "file:/path") stands for; it may throw where there is none. */
  readonly secret: (reference: string) => string | undefined
  /** Instead of Stripe's address: a stand-in's. */
  readonly base?: URL | undefined
  /** Requests a second of an account. Default: 20 in test mode, 80 in live mode. */
  readonly perSecond?: number | undefined
  /** By how much Stripe's clock is ahead of ours, ms, to the second. */
  readonly skewed?: (ms: number) => void
  readonly metrics?: ApiMetrics
  /** ms. Default: the process's clock. */
  readonly now?: () => number
  /** ms that never go back. Default: the process's. */
  readonly clock?: () => number
  /** Of one request, with its answer. Default 10 000. */
  readonly timeoutMs?: number
  /** Of one answer. Default 32 MiB. */
  readonly mostBytes?: number
  /** How long a request waits for its turn. Default 15 000. */
  readonly longestWaitMs?: number
  /** Failures in a row after which it is not asked for a while. Default 5. */
  readonly breaksAfter?: number
}

/** What we ask of one account at Stripe. All of it throws StripeFailure, and nothing else. */
export type StripeApi = {
  readonly fetchCustomer: (customer: string, options: FetchOptions) => Promise<CustomerState>
  readonly customerOf: (object: string) => Promise<string | undefined>
  /** Undelivered ones since a time in ms, newest first. */
  readonly events: (since: number) => AsyncIterable<Envelope>
  /** All of the account, after the one with this id. */
  readonly subscriptions: (after?: string) => AsyncIterable<SubscriptionSeen>
  readonly schedules: () => AsyncIterable<readonly ScheduleSeen[]>
  readonly purchases: (list: PurchaseList, range: PurchaseRange) => AsyncIterable<PurchasePage>
  /** Refunds and disputes since a time in ms. */
  readonly moneyBack: (since: number) => AsyncIterable<readonly MoneyBackSeen[]>
  readonly price: (id: string) => Promise<Sold>
  /** Ids. */
  readonly activePrices: (asked: PricesAsked) => Promise<readonly string[]>
  readonly setQuantity: (item: string, quantity: number, idempotencyKey: string) => Promise<void>
  /** A customer that stands for somebody; answers "cus_…". */
  readonly createCustomer: (
    metadata: Readonly<Record<string, string>>,
    idempotencyKey: string,
  ) => Promise<string>
  readonly createCheckoutSession: (request: CheckoutRequest) => Promise<SessionMade>
  readonly createPortalSession: (request: PortalRequest) => Promise<SessionMade>
  /** Whose the API key is. */
  readonly ownAccount: () => Promise<OwnAccount>
}

/** One client an account, made anew where its secret changed; the budget of requests stays the account's. */
export function createStripeApi(needs: Needs): (account: StripeAccount) => StripeApi {
  const { now = Date.now, clock = () => performance.now() } = needs
  const gates = new Map<string, Gate>()
  const clients = new Map<string, { readonly key: string; readonly stripe: Stripe }>()
  const fetch = createBoundedFetch({
    mostBytes: needs.mostBytes ?? 32 * 1024 * 1024,
    dated: (at) => needs.skewed?.(at - now()),
  })

  const gateOf = (account: StripeAccount): Gate => {
    const known = gates.get(account.id)
    if (known) return known
    const gate = createGate(account.key, {
      perSecond: needs.perSecond ?? (account.livemode ? 80 : 20),
      longestWaitMs: needs.longestWaitMs ?? 15_000,
      breaksAfter: needs.breaksAfter ?? 5,
      clock,
      now,
      metrics: needs.metrics,
    })
    gates.set(account.id, gate)
    return gate
  }

  const clientOf = (account: StripeAccount): Stripe => {
    const key = keyOf(account, needs.secret)
    const known = clients.get(account.id)
    if (known?.key === key) return known.stripe
    const stripe = createClient({ key, base: needs.base, timeoutMs: needs.timeoutMs ?? 10_000, fetch })
    clients.set(account.id, { key, stripe })
    return stripe
  }

  return (account) => {
    const connect = (): Connection => ({ account, gate: gateOf(account), stripe: clientOf(account) })
    return {
      fetchCustomer: (customer, options) =>
        legible(customer, async () => fetchCustomer(connect(), customer, options)),
      customerOf: (object) => legible(object, async () => customerOf(connect(), object)),
      events: (since) => legibleEach('events.list', () => undeliveredEvents(connect(), since)),
      subscriptions: (after) => legibleEach('subscriptions.list', () => allSubscriptions(connect(), after)),
      schedules: () => legibleEach('subscription_schedules.list', () => allSchedules(connect())),
      purchases: (list, range) => legibleEach(`${list}.list`, () => allPurchases(connect(), list, range)),
      moneyBack: (since) => legibleEach('refunds.list', () => allMoneyBack(connect(), since)),
      price: async (id) => readPrice(connect(), id),
      activePrices: async (asked) => activePrices(connect(), asked),
      setQuantity: async (...change) => setQuantity(connect(), ...change),
      createCustomer: async (...made) => createCustomer(connect(), ...made),
      createCheckoutSession: async (request) => createCheckoutSession(connect(), request),
      createPortalSession: async (request) => createPortalSession(connect(), request),
      ownAccount: async () => ownAccount(connect()),
    }
  }
}

function keyOf({ key: name, api_key, livemode }: StripeAccount, secret: Needs['secret']): string {
  const refused = (why: string) =>
    new StripeFailure('refused', `the API key of ${name} (${api_key}) ${why}`, undefined, true)
  let key: string | undefined
  try {
    key = secret(api_key)?.trim()
  } catch {
    throw refused('cannot be read')
  }
  if (!key) throw refused('is not there')
  if (!/^[\x21-\x7e]+$/.test(key)) throw refused('is none')
  const mode = /^[a-z]+_(live|test)_/.exec(key)?.[1]
  if (mode === undefined || (mode === 'live') === livemode) return key
  throw refused(`is one of the ${mode} mode`)
}
