/**
 * What an event of a type is good for: to fetch what it is about; to tell somebody of what is to come, which changes no
 * right; or for nothing. Unknown types too are for nothing.
 */
export type EventEffect = 'marks' | 'notice' | 'none' | 'unknown'

/** After these a right may be another one. */
const marking = typesOf(
  'checkout.session: completed async_payment_succeeded async_payment_failed expired',
  'customer: updated deleted',
  'customer.subscription: created updated deleted paused resumed pending_update_applied',
  'subscription_schedule: created updated released canceled completed aborted expiring',
  'invoice: paid payment_succeeded payment_failed payment_action_required payment_attempt_required overdue',
  'invoice: marked_uncollectible voided finalization_failed',
  'charge: refunded',
  'charge.refund: updated',
  'refund: created updated failed',
  'credit_note: created voided',
  'charge.dispute: created closed funds_withdrawn funds_reinstated',
  'entitlements.active_entitlement_summary: updated',
)

/** The same, where only thin events are so fine. */
const markingThin = typesOf(
  'customer.subscription: active trialing past_due unpaid incomplete incomplete_expired cancel_at_changed',
  'customer.subscription: item_added item_removed item_price_changed item_quantity_changed',
  'subscription_schedule: phase_added phase_removed phase_end_date_changed phase_trial_end_changed',
  'entitlements.active_entitlement_summary: entitlement_added entitlement_removed',
)
const idleThin = typesOf(
  'customer.subscription: default_payment_method_changed item_tax_rates_changed',
  'subscription_schedule: phase_default_tax_rates_changed',
  'invoice: discount_added discount_removed line_item_added line_item_removed line_item_pricing_changed',
  'invoice: line_item_quantity_changed',
)

/** The types to have Stripe send. */
export const markingEvents: readonly string[] = [...marking].sort()

const notices = new Set([
  'customer.subscription.trial_will_end',
  'customer.source.expiring',
  'invoice.upcoming',
  'invoice.will_be_due',
  'billing.alert.triggered',
])

/** Of these families nothing changes a right; a dot at the end: nor of those that begin so. */
const idle = [
  ...[
    'customer.created',
    'customer.discount.',
    'customer.source.',
    'customer.tax_id.',
    'customer_cash_balance_',
  ],
  'customer.subscription.pending_update_expired',
  ...['invoice.created', 'invoice.finalized', 'invoice.updated', 'invoice.sent', 'invoice.deleted'],
  ...['invoice.overpaid', 'invoice_payment.', 'invoiceitem.', 'credit_note.updated'],
  ...['product.', 'price.', 'plan.', 'coupon.', 'promotion_code.', 'tax_rate.', 'quote.', 'payment_link.'],
  ...[
    'charge.captured',
    'charge.expired',
    'charge.failed',
    'charge.pending',
    'charge.succeeded',
    'charge.updated',
  ],
  ...['charge.dispute.updated', 'payment_method.', 'payment_intent.', 'setup_intent.', 'mandate.', 'source.'],
  ...[
    'billing.',
    'billing_portal.',
    'test_helpers.',
    'account.',
    'application_fee.',
    'balance.',
    'capability.',
  ],
  ...[
    'payout.',
    'transfer.',
    'topup.',
    'radar.',
    'review.',
    'reporting.',
    'sigma.',
    'tax.',
    'file.',
    'person.',
  ],
  ...['entitlements.', 'financial_connections.', 'identity.', 'issuing', 'terminal.', 'treasury.', 'v2.'],
]

/** Thin events of the first API ("v1.customer.subscription.updated") are the same, and there are more of them. */
export function effectOf(type: string): EventEffect {
  const isThin = type.startsWith('v1.')
  const name = isThin ? type.slice(3) : type
  if (marking.has(name) || (isThin && markingThin.has(name))) return 'marks'
  if (notices.has(name)) return 'notice'
  const isIdle = idle.some(
    (family) => name === family || (/[._]$|^issuing$/.test(family) && name.startsWith(family)),
  )
  return isIdle || (isThin && idleThin.has(name)) ? 'none' : 'unknown'
}

/** Each line is a family, followed by what happens in it. */
function typesOf(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(
    lines.flatMap((line) => {
      const [family = '', happenings = ''] = line.split(': ')
      return happenings.split(' ').map((happening) => `${family}.${happening}`)
    }),
  )
}
