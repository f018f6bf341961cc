import type { Emit } from './events.ts'
import type { Store } from './store.ts'

export type ChargeOptions = { readonly customer: unknown; readonly amount: number; readonly paid: boolean }

/** A payment with its charge; answers the payment's id. */
export function createCharge(store: Store, emit: Emit, { customer, amount, paid }: ChargeOptions): string {
  const common = {
    created: store.seconds(),
    currency: 'usd',
    customer,
    livemode: store.livemode,
    metadata: {},
    amount,
  }
  const status = paid ? 'succeeded' : 'processing'
  const intent = store.add({ ...common, id: store.newId('pi'), object: 'payment_intent', status })
  const made = store.add({
    ...common,
    id: store.newId('ch'),
    object: 'charge',
    amount_captured: paid ? amount : 0,
    amount_refunded: 0,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    captured: paid,
    disputed: false,
    paid,
    payment_intent: intent.id,
    refunded: false,
    status: paid ? 'succeeded' : 'pending',
  })
  Object.assign(intent, { latest_charge: made.id })
  emit(paid ? 'charge.succeeded' : 'charge.pending', made)
  if (paid) emit('payment_intent.succeeded', intent)
  return intent.id
}
