import type { Asker } from '#decide/verbs.ts'
import type { Consistency, Subject } from '#gen/vouchsafe/v1/decision_pb.ts'
import { askerOf, tenantAsked } from './asker.ts'
import type { CallContext, CallOrigin } from './call.ts'
import { consistencyOf } from './consistency.ts'
import { remaining } from './deadline.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'

type Needs = Pick<RpcNeeds, 'verbs' | 'now' | 'principalOfToken' | 'principalOfName' | 'tenantOf'>

type Asked = {
  readonly subject?: Subject | undefined
  readonly tenant: string
  readonly consistency?: Consistency | undefined
}

/**
 * The asker, once the snapshot of its tenant is as fresh as demanded. It is resolved after the wait:
 * what was waited for may be the very row that says who the principal is.
 */
export function freshAsker(
  needs: Needs,
  { subject, tenant, consistency }: Asked,
  ctx: CallOrigin & Pick<CallContext, 'deadline'>,
): Maybe<Asker> {
  const resolve = () => askerOf(needs, ctx, subject, tenant)
  if (consistency === undefined) return resolve()
  const demand = consistencyOf(consistency)
  return andThen(tenantAsked(needs, ctx, subject, tenant), (id) => {
    const wait = needs.verbs.awaitFreshness(id, demand, remaining(ctx.deadline, needs.now()))
    return wait === undefined ? resolve() : wait.then(resolve)
  })
}
