import type { CustomerState, Subscription } from './state.ts'

/** Why what came of this at Stripe is not given any more, for the audit. */
export function endReason(source_ref: string, state: CustomerState): string {
  if (state.deleted) return `customer ${state.customer} is deleted`
  const isOf = ({ id, items }: CustomerState['subscriptions'][number]) =>
    id === source_ref || items.some((item) => item.id === source_ref)
  const subscription = state.subscriptions.find(isOf)
  if (subscription) return `subscription ${subscription.id} is ${subscription.status}${beside(subscription)}`
  const what = state.invoices.some(({ id }) => id === source_ref) ? 'invoice' : 'checkout'
  const bought = [...state.checkouts, ...state.invoices].find(({ id }) => id === source_ref)
  if (bought && bought.refunded !== 'none') return `${what} ${bought.id} is refunded`
  if (bought && bought.disputed !== 'none') return `${what} ${bought.id} is disputed`
  return `${source_ref} gives it no more`
}

function beside({ paused, disputed }: Subscription): string {
  if (disputed !== undefined)
    return disputed === 'open' ? ', a payment is disputed' : ', a payment was lost in a dispute'
  return paused ? ', its collection is paused' : ''
}
