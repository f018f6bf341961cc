import { listStripeEvents } from '#admin/stripe/events.ts'
import { listStripeMarks } from '#admin/stripe/marks.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs } from './serve.ts'

export function stripeInboxRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = StripeService
  const { read, write } = adminRpcs(needs)
  return [
    read(
      method.listStripeEvents,
      listStripeEvents,
      (asked) => asked,
      ({ items, next_page_token }) => ({ events: items, next_page_token }),
    ),
    read(
      method.listMarks,
      listStripeMarks,
      (asked) => asked,
      ({ items, next_page_token }) => ({ marks: items, next_page_token }),
    ),
    write(
      method.replayStripeEvents,
      needs.stripe.replay,
      ({ account, events, customers, dead }) => {
        if (!dead && events.length + customers.length === 0) throw invalidField('events', 'required')
        return { account, events, customers, dead }
      },
      (done) => done,
    ),
  ]
}
