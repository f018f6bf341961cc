import { AppError } from '#core/errors.ts'
import type { Json } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { addIdentity, type IdentityDocument, removeIdentity } from './identities.ts'
import { invalid } from './invalid.ts'
import { assignVariant, revokeTokens, setFact } from './people.ts'
import { changing } from './subjects.ts'

type Named = { readonly subject: string }

export const linkIdentity = changing<Named & { readonly identity: IdentityDocument }>(
  (tx, { tenant }, id, { identity }) => addIdentity(tx, tenant, id, identity),
)

export const unlinkIdentity = changing<
  Named & { readonly identity: { readonly issuer: string; readonly subject: string } }
>((tx, { tenant }, id, { identity }) => removeIdentity(tx, tenant, id, identity))

/** Clocks differ: a little ahead of ours is no future. */
const aheadMs = 60_000

/** `before` in ms, default now. It never goes back: an earlier one changes nothing. */
export const revokeTokensOf = changing<Named & { readonly before?: number }>(
  async (tx, { tenant, now }, id, { before = now }) => {
    if (before > now + aheadMs) throw invalid('before', 'The moment is not in the future.')
    return revokeTokens(tx, tenant, id, before)
  },
)

const factBytes = 4096
const mostFacts = 200

export const setFactOf = changing<Named & { readonly key: string; readonly value: Json }>(
  async (tx, { tenant }, id, { key, value }) => {
    if (Buffer.byteLength(JSON.stringify(value)) > factBytes)
      throw invalid('value', `A fact is at most ${factBytes} bytes of JSON.`)
    const changed = await setFact(tx, tenant, id, key, value)
    await refuseMore(tx, tenant, id)
    return changed
  },
)

export const deleteFactOf = changing<Named & { readonly key: string }>(
  async (tx, { tenant }, id, { key }) => {
    const gone = await tx`delete from vouchsafe.facts
      where tenant_id = ${tenant} and subject_id = ${id} and key = ${key}`
    return gone.count > 0
  },
)

/** An empty variant: in none. */
export const assignVariantOf = changing<Named & { readonly experiment: string; readonly variant: string }>(
  async (tx, { tenant }, id, { experiment, variant }) => {
    if (variant !== '') return assignVariant(tx, tenant, id, experiment, variant)
    const gone = await tx`delete from vouchsafe.experiment_assignments
      where tenant_id = ${tenant} and subject_id = ${id} and experiment = ${experiment}`
    return gone.count > 0
  },
)

async function refuseMore(tx: Tx, tenant: string, id: string): Promise<void> {
  const [facts] = await tx<{ count: number }[]>`
    select count(*)::integer as count from vouchsafe.facts where tenant_id = ${tenant} and subject_id = ${id}`
  if (facts && facts.count > mostFacts)
    throw new AppError('LIMIT_EXCEEDED', `A subject has at most ${mostFacts} facts.`, {
      limit: 'facts',
      max: String(mostFacts),
    })
}
