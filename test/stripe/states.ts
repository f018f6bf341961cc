import type { Mapping, Rules } from '#stripe/rules.ts'
import type { Checkout, CustomerState, Item, Schedule, Subscription } from '#stripe/state.ts'

export const day = 86_400_000
/** When everything below begins. */
export const began = Date.UTC(2026, 9, 1)

/** One item of a price; the product and the period go with it. */
export function item(price: string, more: Partial<Item> = {}): Item {
  const id = `si_${price}`
  return {
    id,
    price,
    product: `prod_${price}`,
    created: began,
    period_end: began + 30 * day,
    quantity: 1,
    ...more,
  }
}

export function subscription(id: string, status: string, more: Partial<Subscription> = {}): Subscription {
  return {
    id,
    status,
    created: began,
    started: began,
    items: [item('pro', { id: `si_${id}` })],
    cancel_at_period_end: false,
    paused: false,
    ...more,
  }
}

export function checkout(id: string, more: Partial<Checkout> = {}): Checkout {
  return {
    id,
    mode: 'payment',
    created: began,
    paid: true,
    lines: [],
    refunded: 'none',
    disputed: 'none',
    ...more,
  }
}

export function schedule(id: string, more: Partial<Schedule> = {}): Schedule {
  return { id, status: 'active', phases: [], ...more }
}

export function state(more: Partial<CustomerState> = {}): CustomerState {
  return {
    customer: 'cus_1',
    deleted: false,
    subscriptions: [],
    schedules: [],
    checkouts: [],
    invoices: [],
    features: [],
    ...more,
  }
}

export function mapping(external_id: string, more: Partial<Mapping>): Mapping {
  return { match: 'price', external_id, quantity: 'ignored', ...more }
}

export function rules(more: Partial<Rules> = {}): Rules {
  return { mappings: [], lifecycles: [], trials_had: [], organization: false, ...more }
}
