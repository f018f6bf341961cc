import { listLifecycles, removeLifecycle, setLifecycle } from '#admin/stripe/lifecycles.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, given } from './serve.ts'

export function lifecycleRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = StripeService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.setLifecycle,
      setLifecycle,
      (asked) => given(asked.lifecycle, 'lifecycle'),
      (done) => done,
    ),
    read(
      method.listLifecycles,
      listLifecycles,
      (asked) => asked,
      ({ items, next_page_token }) => ({ lifecycles: items, next_page_token }),
    ),
    write(
      method.removeLifecycle,
      removeLifecycle,
      (asked) => asked.plan,
      (done) => done,
    ),
  ]
}
