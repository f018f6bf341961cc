import type { Mapping, Rules } from '#stripe/rules.ts'
import type { Checkout } from '#stripe/state.ts'
import type { Projection, WantedGrant } from '#stripe/wanted.ts'
import { lifecycleOf } from './lifecycle.ts'
import { merged } from './merged.ts'
import { onlyNamed } from './named.ts'
import { rightsOf, type Terms } from './rights.ts'

/** What was paid for once is for good, unless the money went back. */
export function ofPurchase(checkout: Checkout, rules: Rules): Projection {
  const { id, mode, paid, lines, named, refunded, disputed } = checkout
  if (mode === 'subscription' && paid && lines.some((line) => rightsOf(line, rules).rights.length > 0))
    return { grants: [], alerts: [{ code: 'ONCE_IN_SUBSCRIPTION', about: id }] }
  if (mode !== 'payment' || !paid || refunded === 'fully' || disputed === 'lost')
    return { grants: [], alerts: [] }
  const sold = lines.map((line) => rightsOf(line, rules))
  const { parts, alerts } = onlyNamed(sold, named, id)
  const grants = parts.flatMap(({ rights }) => {
    const kept = rights.filter(({ mapping }) => !isTakenBack(checkout, mapping, rules))
    return merged(
      kept.map(({ terms }) => grantOf(checkout, terms)),
      'more',
    )
  })
  return { grants: merged(grants, 'sum'), alerts: [...alerts, ...parts.flatMap((part) => part.alerts)] }
}

function isTakenBack({ refunded, disputed }: Checkout, mapping: Mapping, rules: Rules): boolean {
  const { on_partial_refund, on_dispute } = lifecycleOf(mapping, rules)
  return (
    (refunded === 'partly' && on_partial_refund === 'revoke') ||
    (disputed === 'open' && on_dispute === 'suspend')
  )
}

function grantOf({ id, created }: Checkout, terms: Terms): WantedGrant {
  const reason = `checkout ${id} is paid`
  return { ...terms, access: 'full', source: 'purchase', source_ref: id, starts_at: created, reason }
}
