import type Stripe from 'stripe'

/** An object of Stripe as the fake keeps it; its fields are checked against Stripe's OpenAPI when it is answered. */
export type Thing = { id: string; object: string; created: number; [field: string]: unknown }

export type Metadata = Readonly<Record<string, string>>

/** What the fake's parts share. Things of a kind are kept in the order of their making. */
export type Store = {
  readonly livemode: boolean
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Epoch seconds, as Stripe counts. */
  readonly seconds: () => number
  readonly newId: (prefix: string) => string
  readonly add: <Kind extends Thing>(thing: Kind) => Kind
  readonly get: (object: string, id: string) => Thing
  readonly find: (object: string, id: string) => Thing | undefined
  readonly remove: (object: string, id: string) => void
  readonly all: (object: string) => Thing[]
}

export type StoreOptions = { readonly livemode?: boolean; readonly now?: () => number; readonly tag?: string }

export type StripeEvent = Thing & { type: Stripe.Event['type'] | (string & {}); data: { object: object } }

export function createStore({ livemode = false, now = Date.now, tag = '' }: StoreOptions): Store {
  const kinds = new Map<string, Map<string, Thing>>()
  let last = 0
  const of = (object: string) => {
    const kind = kinds.get(object) ?? new Map<string, Thing>()
    kinds.set(object, kind)
    return kind
  }
  return {
    livemode,
    now,
    seconds: () => Math.floor(now() / 1000),
    newId: (prefix) => `${prefix}_${tag}${String(++last).padStart(8, '0')}`,
    add: (thing) => {
      of(thing.object).set(thing.id, thing)
      return thing
    },
    get: (object, id) => {
      const thing = of(object).get(id)
      if (!thing) throw new Error(`The fake has no ${object} ${id}.`)
      return thing
    },
    find: (object, id) => of(object).get(id),
    remove: (object, id) => {
      of(object).delete(id)
    },
    all: (object) => [...of(object).values()],
  }
}
