import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import type { CustomerName } from './customer-name.ts'
import { noState } from './no-state.ts'
import { ofSubscription } from './project/subscription.ts'
import { readRules } from './read-rules.ts'
import { readState } from './read-state.ts'
import type { Sold, Subscription } from './state.ts'

/** Whether a trial of what is about to be bought would give nothing, for one was had: as the projection will say of it. */
export async function trialHad(
  tx: Tx,
  name: CustomerName,
  holder: Holder,
  bought: readonly Sold[],
): Promise<boolean> {
  const before = (await readState(tx, name)) ?? noState(name.customer)
  // After all that there was, whatever Stripe's clock says.
  const at = Number.MAX_SAFE_INTEGER
  const next: Subscription = {
    id: '',
    status: 'trialing',
    created: at,
    started: at,
    trial_start: at,
    items: bought.map((sold, n) => ({ ...sold, id: `${n}`, created: at })),
    cancel_at_period_end: false,
    paused: false,
  }
  const state = { ...before, subscriptions: [...before.subscriptions, next] }
  const { alerts } = ofSubscription(next, state, await readRules(tx, name, holder, state))
  return alerts.some(({ code }) => code === 'TRIAL_REPEATED')
}
