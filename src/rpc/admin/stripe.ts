import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { lifecycleRpcs } from './lifecycles.ts'
import { stripeAccountRpcs } from './stripe-accounts.ts'
import { stripeCustomerRpcs } from './stripe-customers.ts'
import { stripeInboxRpcs } from './stripe-inbox.ts'
import { stripeSessionRpcs } from './stripe-sessions.ts'
import { stripeStreamRpcs } from './stripe-streams.ts'

export function stripeRpcs(needs: RpcNeeds): readonly Rpc[] {
  return [
    ...stripeAccountRpcs(needs),
    ...lifecycleRpcs(needs),
    ...stripeCustomerRpcs(needs),
    ...stripeSessionRpcs(needs),
    ...stripeInboxRpcs(needs),
    ...stripeStreamRpcs(needs),
  ]
}
