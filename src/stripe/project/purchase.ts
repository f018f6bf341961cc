import type { Mapping, Rules } from '#stripe/rules.ts'
import type { Checkout, Invoice, MoneyBack, Sold } from '#stripe/state.ts'
import type { Projection, WantedGrant } from '#stripe/wanted.ts'
import { lifecycleOf } from './lifecycle.ts'
import { merged } from './merged.ts'
import { onlyNamed } from './named.ts'
import { rightsOf } from './rights.ts'

/** What was paid for once is for good, unless the money went back. */
export function ofPurchase(checkout: Checkout, rules: Rules): Projection {
  const { id, mode, paid, created, lines } = checkout
  if (mode === 'subscription' && paid && lines.some((line) => rightsOf(line, rules).rights.length > 0))
    return { grants: [], alerts: [{ code: 'ONCE_IN_SUBSCRIPTION', about: id }] }
  if (mode !== 'payment' || !paid) return nothing
  return bought(checkout, { starts_at: created, reason: `checkout ${id} is paid` }, rules)
}

/** The same of what was billed. */
export function ofInvoice(invoice: Invoice, rules: Rules): Projection {
  const { id, paid_at } = invoice
  return bought(invoice, { starts_at: paid_at, reason: `invoice ${id} is paid` }, rules)
}

const nothing: Projection = { grants: [], alerts: [] }

type Purchase = MoneyBack & {
  readonly id: string
  readonly lines: readonly Sold[]
  readonly named?: string
}

function bought(
  purchase: Purchase,
  about: Pick<WantedGrant, 'starts_at' | 'reason'>,
  rules: Rules,
): Projection {
  const { id, lines, named, refunded, disputed } = purchase
  if (refunded === 'fully' || disputed === 'lost') return nothing
  const sold = lines.map((line) => rightsOf(line, rules))
  const { parts, alerts } = onlyNamed(sold, named, id)
  const rest = { access: 'full', source: 'purchase', source_ref: id, ...about } as const
  const grants = parts.flatMap(({ rights }) => {
    const kept = rights.filter(({ mapping }) => !isTakenBack(purchase, mapping, rules))
    return merged(
      kept.map(({ terms }): WantedGrant => ({ ...terms, ...rest })),
      'more',
    )
  })
  return { grants: merged(grants, 'sum'), alerts: [...alerts, ...parts.flatMap((part) => part.alerts)] }
}

function isTakenBack({ refunded, disputed }: MoneyBack, mapping: Mapping, rules: Rules): boolean {
  const { on_partial_refund, on_dispute } = lifecycleOf(mapping, rules)
  return (
    (refunded === 'partly' && on_partial_refund === 'revoke') ||
    (disputed === 'open' && on_dispute === 'suspend')
  )
}
