import { listOf, render } from './render.ts'
import type { Store, StripeEvent, Thing } from './store.ts'

export type Emit = (type: string, thing: Thing, previous?: Readonly<Record<string, unknown>>) => void

export type Events = {
  readonly emit: Emit
  /** The summary of a customer's entitlements has no id. */
  readonly emitEntitlements: (customer: string) => void
  /** All there were, oldest first. */
  readonly events: () => StripeEvent[]
  /** Those no endpoint has taken yet, oldest first. */
  readonly undelivered: () => StripeEvent[]
  readonly markDelivered: (id: string) => void
}

type Check = (event: object, object: object, type: string) => void

/** Each event holds the object as it was then. */
export function createEvents(store: Store, api_version: string, check: Check): Events {
  const add = (
    type: string,
    object: Record<string, unknown>,
    previous?: Readonly<Record<string, unknown>>,
  ) => {
    const event: StripeEvent = {
      id: store.newId('evt'),
      object: 'event',
      created: store.seconds(),
      api_version,
      livemode: store.livemode,
      pending_webhooks: 1,
      request: null,
      type,
      data: { object, ...(previous && { previous_attributes: previous }) },
    }
    check(event, object, type)
    store.add(event)
  }
  const events = () => store.all('event') as StripeEvent[]
  return {
    emit: (type, thing, previous) => add(type, render(store, thing), previous),
    emitEntitlements: (customer) => {
      const mine = store.all('entitlements.active_entitlement').filter((each) => each._customer === customer)
      const url = `/v1/customer/${customer}/entitlements`
      const shown = mine.slice(0, 10).map((each) => render(store, each))
      add('entitlements.active_entitlement_summary.updated', {
        object: 'entitlements.active_entitlement_summary',
        customer,
        livemode: store.livemode,
        entitlements: listOf(url, shown, mine.length > 10),
      })
    },
    events,
    undelivered: () => events().filter((event) => event.pending_webhooks !== 0),
    markDelivered: (id) => {
      store.get('event', id).pending_webhooks = 0
    },
  }
}
