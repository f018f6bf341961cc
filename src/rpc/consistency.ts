import { decodeRevision } from '#core/revision.ts'
import type { Consistency } from '#decide/verbs.ts'
import type { Consistency as ConsistencyMessage } from '#gen/vouchsafe/v1/decision_pb.ts'

const asItIs: Consistency = { kind: 'minimize_latency' }

/** The freshness a question demands. `fresh: false` and `minimize_latency: false` demand nothing. */
export function consistencyOf(message: ConsistencyMessage | undefined): Consistency {
  const demand = message?.demand
  switch (demand?.case) {
    case 'atLeast':
      return { kind: 'at_least', revision: decodeRevision(demand.value) }
    case 'maxStaleness': {
      const ms = Number(demand.value.seconds) * 1000 + demand.value.nanos / 1e6
      return { kind: 'max_staleness', ms: Math.max(0, ms) }
    }
    case 'fresh':
      return demand.value ? { kind: 'fresh' } : asItIs
    default:
      return asItIs
  }
}
