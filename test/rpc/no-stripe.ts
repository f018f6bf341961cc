import type { Stripe } from '#rpc/stripe.ts'

const none = () => {
  throw new Error('No Stripe here.')
}

/** For doors that are tried without it. */
export const noStripe: Stripe = {
  secretsFolder: undefined,
  bindCustomer: none,
  unbindCustomer: none,
  replay: none,
  probe: none,
  createCheckout: none,
  createPortal: none,
  sync: none,
  verify: none,
  syncHolder: none,
}
