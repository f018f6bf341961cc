import type { Tx } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import { conflicts } from './bind-by-checkout.ts'
import { readBinding } from './binding.ts'
import { endReason } from './end-reason.ts'
import { withFormerKeys } from './former-keys.ts'
import { planDifference } from './plan-difference.ts'
import { readState } from './read-state.ts'
import type { CustomerState } from './state.ts'
import type { Alert } from './wanted.ts'

export type Drift = {
  readonly bound: boolean
  /** Empty: what is stored is what Stripe says. */
  readonly changes: readonly {
    readonly kind: 'missing' | 'differs' | 'too_much'
    readonly source_ref: string
    /** For a person to read. */
    readonly text: string
  }[]
  readonly alerts: readonly Alert[]
}

/** What applying the state would change; changes nothing. `now` in ms. */
export async function driftOf(
  tx: Tx,
  account: StripeAccount,
  fetched: CustomerState,
  now: number,
): Promise<Drift> {
  const name = { tenant: account.tenant, account: account.id, customer: fetched.customer }
  const binding = await readBinding(tx, name)
  if (!binding) return { bound: false, changes: [], alerts: [] }
  const state = withFormerKeys(fetched, await readState(tx, name))
  const { projection, difference } = await planDifference(tx, name, binding.holder, state, now)
  const { grant, change, end } = difference
  return {
    bound: true,
    changes: [
      ...grant.map(({ source_ref, reason }) => ({ kind: 'missing', source_ref, text: reason }) as const),
      ...change.map(({ wanted, set }) => {
        const text = Object.keys(set).sort().join(', ')
        return { kind: 'differs', source_ref: wanted.source_ref, text } as const
      }),
      ...end.map(({ source_ref }) => {
        return { kind: 'too_much', source_ref, text: endReason(source_ref, state) } as const
      }),
    ],
    alerts: [...(await conflicts(tx, account, state, binding)), ...projection.alerts],
  }
}
