import { AppError } from '#core/errors.ts'
import type { Asker } from '#decide/verbs.ts'
import type { Consistency, Subject } from '#gen/vouchsafe/v1/decision_pb.ts'
import { askerOf } from './asker.ts'
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
 * The asker, once the snapshot is as fresh as demanded. It is resolved after the wait: what was waited for may be
 * the very row that says who the principal is, or its issuer, or its tenant. A revision says itself whose it is.
 */
export function freshAsker(
  needs: Needs,
  { subject, tenant, consistency }: Asked,
  ctx: CallOrigin & Pick<CallContext, 'deadline'>,
): Maybe<Asker> {
  const resolve = () => askerOf(needs, ctx, subject, tenant)
  if (consistency === undefined) return resolve()
  const demand = consistencyOf(consistency)
  const own = ctx.caller.tenant
  const awaited = demand.kind === 'at_least' ? demand.revision.tenant : own
  if (own !== undefined && own !== awaited) throw foreignRevision()
  const wait = needs.verbs.awaitFreshness(awaited ?? '', demand, remaining(ctx.deadline, needs.now()))
  const checked = () =>
    andThen(resolve(), (asker) => {
      if (demand.kind === 'at_least' && asker.principal.tenant !== awaited) throw foreignRevision()
      return asker
    })
  return wait === undefined ? checked() : wait.then(checked)
}

function foreignRevision(): AppError {
  return new AppError('TENANT_MISMATCH', 'The revision token is not of this tenant.')
}
