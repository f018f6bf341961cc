import type { Lifecycle, Mapping, Rules } from '#stripe/rules.ts'

const usual: Lifecycle = {
  on_cancel: 'revoke',
  on_pause: 'keep',
  on_partial_refund: 'keep',
  on_dispute: 'suspend',
}

/** The plan's own, or the tenant's for all that have none, or the usual one. */
export function lifecycleOf({ plan_id }: Mapping, { lifecycles }: Rules): Lifecycle {
  const own = plan_id === undefined ? undefined : lifecycles.find((one) => one.plan_id === plan_id)
  return own ?? lifecycles.find((one) => one.plan_id === undefined) ?? usual
}
