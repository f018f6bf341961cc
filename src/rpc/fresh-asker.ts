import type { Asker } from '#decide/verbs.ts'
import type { Consistency } from '#gen/vouchsafe/v1/decision_pb.ts'
import { consistencyOf } from './consistency.ts'
import { remaining } from './deadline.ts'
import type { Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'

type Needs = Pick<RpcNeeds, 'verbs' | 'now'>

/** The asker, once the snapshot of its tenant is as fresh as demanded. */
export function freshAsker(
  needs: Needs,
  asker: Asker,
  demanded: Consistency | undefined,
  deadline: number,
): Maybe<Asker> {
  if (demanded === undefined) return asker
  const left = remaining(deadline, needs.now())
  const wait = needs.verbs.awaitFreshness(asker.principal.tenant, consistencyOf(demanded), left)
  return wait === undefined ? asker : wait.then(() => asker)
}
