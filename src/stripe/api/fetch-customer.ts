import type { CustomerState } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { demandMode } from './demand-mode.ts'
import { fetchCheckout, fetchCheckouts } from './fetch-checkouts.ts'
import { withDisputes } from './fetch-disputes.ts'
import { fetchFeatures } from './fetch-features.ts'
import { listOnce, readInvoice } from './fetch-invoices.ts'
import { fetchOffers } from './fetch-offers.ts'
import { fetchSchedules } from './fetch-schedules.ts'
import { fetchSubscriptions } from './fetch-subscriptions.ts'
import { mapFew } from './map-few.ts'
import { one } from './one.ts'
import { together, untilFailure } from './together.ts'

export type FetchOptions = {
  /** Whether to ask for the active entitlements. */
  readonly features: boolean
}

const nothing = { subscriptions: [], schedules: [], checkouts: [], invoices: [], features: [] }

/** All of a customer ("cus_…"), or of a guest's checkout ("cs_…"), as it is now. Never a part: it throws StripeFailure. */
export async function fetchCustomer(
  { account, gate, stripe }: Connection,
  customer: string,
  { features }: FetchOptions,
): Promise<CustomerState> {
  const connection = { account, gate: untilFailure(gate), stripe }
  if (customer.startsWith('cs_')) {
    const checkout = await fetchCheckout(connection, customer)
    return { ...nothing, customer, deleted: false, checkouts: checkout ? [checkout] : [] }
  }
  if (await isDeleted(connection, customer)) return { ...nothing, customer, deleted: true }
  const [subscriptions, schedules, checkouts, billed, had] = await together([
    fetchSubscriptions(connection, customer).then((all) => withDisputes(connection, customer, all)),
    fetchSchedules(connection, customer),
    fetchCheckouts(connection, customer),
    listOnce(connection, customer),
    features ? fetchFeatures(connection, customer) : [],
  ])
  // Without these all the rest is of use.
  const offers = await fetchOffers({ account, gate, stripe }, subscriptions, had)
  const ofCheckouts = new Set(checkouts.map(({ invoice }) => invoice))
  const invoices = await mapFew(
    billed.filter(({ id }) => !ofCheckouts.has(id)),
    (each) => readInvoice(connection, each),
  )
  // A subscription has no copy of the metadata of the checkout that made it.
  const named = new Map(checkouts.map((checkout) => [checkout.subscription, checkout.named]))
  return {
    customer,
    deleted: false,
    subscriptions: subscriptions.map((each) => {
      const name = named.get(each.id)
      return name === undefined ? each : { ...each, named: name }
    }),
    schedules,
    checkouts,
    invoices,
    features: had,
    ...offers,
  }
}

async function isDeleted({ account, gate, stripe }: Connection, id: string): Promise<boolean> {
  const operation = 'customers.retrieve'
  const found = await one(gate, operation, 'customer', () => stripe.customers.retrieve(id), id)
  if (found.deleted) return true
  demandMode(account, operation, found.livemode)
  return false
}
