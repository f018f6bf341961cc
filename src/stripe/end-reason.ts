import type { CustomerState } from './state.ts'

/** Why what came of this at Stripe is not given any more, for the audit. */
export function endReason(source_ref: string, state: CustomerState): string {
  if (state.deleted) return `customer ${state.customer} is deleted`
  const isOf = ({ id, items }: CustomerState['subscriptions'][number]) =>
    id === source_ref || items.some((item) => item.id === source_ref)
  const subscription = state.subscriptions.find(isOf)
  if (subscription) return `subscription ${subscription.id} is ${subscription.status}`
  const checkout = state.checkouts.find(({ id }) => id === source_ref)
  if (checkout && checkout.refunded !== 'none') return `checkout ${checkout.id} is refunded`
  if (checkout && checkout.disputed !== 'none') return `checkout ${checkout.id} is disputed`
  return `${source_ref} gives it no more`
}
