import type { CustomerState } from './state.ts'

/** A customer that bought nothing. */
export function noState(customer: string): CustomerState {
  return {
    customer,
    deleted: false,
    subscriptions: [],
    schedules: [],
    checkouts: [],
    features: [],
    invoices: [],
  }
}
