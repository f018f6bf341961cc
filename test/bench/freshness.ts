import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import type { Calls } from './call.ts'

type Person = { readonly issuer: string; readonly subject: string; readonly token: string }

/** Times in ms of each flip. */
export type Freshness = {
  /** Write answered (so committed) → the changed answer to a Check with at_least. */
  readonly atLeast: readonly number[]
  /** Write answered (so committed) → the first changed answer to Checks without a demand; 0 where one came before. */
  readonly polled: readonly number[]
  /** Write sent → the first changed answer to Checks without a demand: an upper bound that holds the write itself. */
  readonly sent: readonly number[]
}

const entitlement = 'copilot_paid'
const patienceMs = 5000

/** Grants and revokes in turn, and waits each time until a client sees the other answer. */
export async function measureFreshness(
  { call }: Calls,
  { token, ...identity }: Person,
  flips: number,
): Promise<Freshness> {
  const grantee = {
    tenant: 'acme',
    holder: { holder: { case: 'identity', value: identity } },
    target: { target: { case: 'entitlement', value: entitlement } },
  } as const
  const write = async (give: boolean): Promise<string> => {
    const { grantEntitlement, revokeEntitlement } = GrantService.method
    const { revision } = give ? await call(grantEntitlement, grantee) : await call(revokeEntitlement, grantee)
    return revision
  }
  const ask = async (atLeast?: string): Promise<boolean> => {
    const subject = { subject: { case: 'accessToken', value: token } } as const
    const consistency =
      atLeast === undefined ? {} : { consistency: { demand: { case: 'atLeast', value: atLeast } } as const }
    return (await call(DecisionService.method.check, { subject, entitlement, ...consistency })).allowed
  }
  const untilAnswered = async (wanted: boolean): Promise<number> => {
    const until = performance.now() + patienceMs
    while ((await ask()) !== wanted) {
      if (performance.now() > until) throw new Error('A change did not reach the answers.')
    }
    return performance.now()
  }

  const times = { atLeast: [] as number[], polled: [] as number[], sent: [] as number[] }
  for (let flip = 0; flip < flips; flip++) {
    const give = flip % 2 === 0
    if (flip % 4 < 2) {
      const revision = await write(give)
      const answeredAt = performance.now()
      if ((await ask(revision)) !== give)
        throw new Error('An answer is older than the revision it was asked for.')
      times.atLeast.push(performance.now() - answeredAt)
    } else {
      const sentAt = performance.now()
      const answered = write(give).then(() => performance.now())
      const [answeredAt, changedAt] = await Promise.all([answered, untilAnswered(give)])
      times.polled.push(Math.max(0, changedAt - answeredAt))
      times.sent.push(changedAt - sentAt)
    }
  }
  return times
}
