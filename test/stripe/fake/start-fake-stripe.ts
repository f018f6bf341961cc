// A small Stripe on loopback that remembers: for the worker's tests, the model-based proof and the demo.
//
//   const fake = await startFakeStripe({ livemode: false })   // STRIPE_API_BASE = fake.url, its key = fake.key
//   const price = fake.createPrice({ lookup_key: 'pro_monthly' })          // and a product of its own
//   const customer = fake.createCustomer()
//   const subscription = fake.subscribe(customer, [{ price, quantity: 3 }], { trialDays: 14 })
//   fake.updateItems / addItem / setQuantity / failPayment / pay / renew / writeOff / cancel / cancelAtPeriodEnd /
//     cancelAt / keepAfterAll / pauseCollection / resumeCollection / pause / resume / setStatus / deleteCustomer
//   fake.schedule(customer, [{ starts, ends, lines }], subscription?) / cancelSchedule / releaseSchedule / completeSchedule
//   const session = fake.completeCheckout({ mode: 'payment', lines, customer?, reference?, metadata? }, { delayed? })
//     or of one that our API made: fake.completeCheckout('cs_…'); settleCheckout / failCheckout / expireCheckout
//     fake.subscriptionOf(session), customerOf(session), chargeOf(session)
//   const invoice = fake.billPaid(customer, lines, { by? }) / bill + payBill / credit(invoice, amount?); chargeOf(invoice)
//   fake.refund(charge, amount?) / failRefund / dispute(charge) / closeDispute(id, 'won' | 'lost')
//     fake.chargeOfPeriod(subscription): of its newest invoice that is paid
//   fake.setFeatures(customer, ['sso', 'export']) / offer(product, ['sso'])
//
// Each act appends the events that Stripe would send, in its order: fake.events(), fake.undelivered(),
// fake.markDelivered(id); fake.sign(event, secret, options?) → { body, headers }; fake.deliver(url, secret) posts all that
// are undelivered and marks what was answered with 2xx.
// Faults: fake.down('cut' | 'half' | 'hang' | 503), fake.limit(429, seconds), fake.latency(ms),
// fake.failOnce('/v1/subscriptions', fault, skip), fake.up() ends them.
// fake.requests: all it was asked. fake.mistakes: where it was not like Stripe (answers are held against Stripe's OpenAPI;
// fake.unchecked says why not, where that file cannot be had).
import Stripe from 'stripe'
import { createBills } from './bills.ts'
import { createCatalogue } from './catalogue.ts'
import { createCheckouts } from './checkouts.ts'
import { openDoor } from './door.ts'
import { createEvents } from './events.ts'
import { createFaults } from './faults.ts'
import { loadOpenApi } from './openapi.ts'
import { createPeriods } from './periods.ts'
import { createRefunds } from './refunds.ts'
import { answer } from './routes.ts'
import { createSchedules } from './schedules.ts'
import { createStore, type StoreOptions, type StripeEvent } from './store.ts'
import { createSubscriptions } from './subscriptions.ts'

export type FakeOptions = StoreOptions & {
  readonly key?: string
  /** Its own id. */
  readonly account?: string
  /** Of events. Default: the package's. */
  readonly apiVersion?: string
  /** Whether answers are held against Stripe's OpenAPI. Default: yes. */
  readonly checked?: boolean
}

export type SignOptions = { readonly timestamp?: number; readonly scheme?: string }

export async function startFakeStripe(options: FakeOptions = {}) {
  const { livemode = false, apiVersion = Stripe.API_VERSION, checked = true, account = 'acct_fake' } = options
  const { key = livemode ? 'sk_live_fakeOfTests' : 'sk_test_fakeOfTests' } = options
  const loaded = checked ? await loadOpenApi() : { missing: 'it was not asked for' }
  const openApi = 'missing' in loaded ? undefined : loaded
  const store = createStore(options)
  const events = createEvents(store, apiVersion, (event, object, type) => {
    openApi?.checkEventType(type)
    openApi?.checkObject('event', event)
    const name = (object as { object: string }).object
    // The OpenAPI file has no word for the summary, which is in events only.
    if (name !== 'entitlements.active_entitlement_summary') openApi?.checkObject(name, object)
  })
  const catalogue = createCatalogue(store, events)
  const subscriptions = createSubscriptions(store, events)
  const checkouts = createCheckouts(store, events, subscriptions.subscribe, catalogue.createCustomer)
  const faults = createFaults()
  const door = await openDoor({
    key,
    faults,
    openApi,
    answer: (asked) =>
      answer({ store, checkouts, events, createCustomer: catalogue.createCustomer, account }, asked),
    now: store.now,
  })

  const sign = (event: StripeEvent | object, secret: string, { timestamp, scheme }: SignOptions = {}) => {
    const body = JSON.stringify(event, null, 2)
    const at = Math.floor((timestamp ?? store.now()) / 1000)
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload: body,
      secret,
      timestamp: at,
      ...(scheme !== undefined && { scheme }),
    })
    return { body, headers: { 'content-type': 'application/json', 'stripe-signature': signature } }
  }
  const { wait: _wait, next: _next, refusal: _refusal, ...settable } = faults
  return {
    key,
    account,
    ...door,
    ...('missing' in loaded && { unchecked: loaded.missing }),
    ...catalogue,
    ...subscriptions,
    ...checkouts,
    ...createSchedules(store, events),
    ...createRefunds(store, events),
    ...createBills(store, events),
    ...createPeriods(store, events),
    ...settable,
    events: events.events,
    undelivered: events.undelivered,
    markDelivered: events.markDelivered,
    sign,
    /** Posts what is undelivered, oldest first. Answers how many were taken. */
    deliver: async (url: string, secret: string): Promise<number> => {
      let taken = 0
      for (const event of events.undelivered()) {
        const response = await fetch(url, { method: 'POST', ...sign(event, secret) })
        await response.arrayBuffer()
        if (!response.ok) continue
        events.markDelivered(event.id)
        taken++
      }
      return taken
    },
    /** Any object as it is kept, to look at or to bend. */
    thing: store.get,
    add: store.add,
  }
}

export type FakeStripe = Awaited<ReturnType<typeof startFakeStripe>>
