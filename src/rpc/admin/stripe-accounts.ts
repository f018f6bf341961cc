import { stripeAccounts } from '#admin/stripe/accounts.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { type Rpc, unary } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

/** A reference to a secret leads into the server's own environment: no tenant's admin writes one. */
const operators = { roles: ['operator'], refused: ['worker'] } as const

export function stripeAccountRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = StripeService
  const { read, write } = adminRpcs(needs)
  const accounts = stripeAccounts(needs.stripe.secretsFolder)
  return [
    write(
      method.createStripeAccount,
      accounts.create,
      (asked) => given(asked.account, 'account'),
      (account) => ({ account }),
      operators,
    ),
    read(
      method.getStripeAccount,
      accounts.get,
      (asked) => asked.account,
      (account) => ({ account }),
    ),
    read(
      method.listStripeAccounts,
      accounts.list,
      (asked) => asked,
      ({ items, next_page_token }) => ({ accounts: items, next_page_token }),
    ),
    write(
      method.updateStripeAccount,
      accounts.update,
      (asked) => ({ document: given(asked.account, 'account'), fields: fieldsOf(asked.update_mask) }),
      (account) => ({ account }),
      operators,
    ),
    write(
      method.removeStripeAccount,
      accounts.remove,
      (asked) => asked.account,
      () => ({}),
      operators,
    ),
    unary(
      method.probeStripeAccount,
      { ...operators, longestMs: limits.changeDeadlineMs },
      async (message, ctx) => {
        const { account, tenant } = documentOf(method.probeStripeAccount.input, message)
        const probed = await needs.stripe.probe(byOf(needs, ctx, tenant), account)
        return messageOf(method.probeStripeAccount.output, probed)
      },
    ),
  ]
}
