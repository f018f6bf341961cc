import { stripeAccountId } from '#admin/stripe/account-id.ts'
import { findStripeCustomer, listStripeCustomers } from '#admin/stripe/customers.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, given } from './serve.ts'

export function stripeCustomerRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = StripeService
  const { read, write } = adminRpcs(needs)
  const { bindCustomer, unbindCustomer } = needs.stripe
  return [
    write(
      method.bindCustomer,
      async (tx, scope, asked: Parameters<typeof bindCustomer>[2]) => {
        const { changed } = await bindCustomer(tx, scope, asked)
        const account = await stripeAccountId(tx, scope.tenant, asked.account)
        return { changed, customer: await findStripeCustomer(tx, scope.tenant, account, asked.customer) }
      },
      ({ account, customer, holder }) => ({ account, customer, holder: given(holder, 'holder') as never }),
      ({ changed, customer }) => ({ changed, ...(customer && { customer }) }),
    ),
    write(
      method.unbindCustomer,
      unbindCustomer,
      ({ account, customer }) => ({ account, customer }),
      (done) => done,
    ),
    read(
      method.listCustomers,
      listStripeCustomers,
      (asked) => asked as never,
      ({ items, next_page_token }) => ({ customers: items, next_page_token }),
    ),
  ]
}
