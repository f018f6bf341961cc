import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters, grantReaders } from '#rpc/roles.ts'
import { type Rpc, serverStream } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'

/** They end with whoever asked: what is done by then stays done. */
export function stripeStreamRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { syncCustomers, verifyCustomers } = StripeService.method
  return [
    serverStream(syncCustomers, { roles: granters, refused: ['worker'] }, async function* (message, ctx) {
      const { tenant, account, customer } = documentOf(syncCustomers.input, message)
      const by = byOf(needs, ctx, tenant, granters)
      for await (const each of needs.stripe.sync(by, { account, customer }, ctx.signal())) {
        yield messageOf(syncCustomers.output, each)
      }
    }),
    serverStream(verifyCustomers, { roles: grantReaders }, async function* (message, ctx) {
      const { tenant, account, customer } = documentOf(verifyCustomers.input, message)
      const by = byOf(needs, ctx, tenant)
      for await (const each of needs.stripe.verify(by, { account, customer }, ctx.signal())) {
        yield messageOf(verifyCustomers.output, each)
      }
    }),
  ]
}
