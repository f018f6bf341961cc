import { createHash } from 'node:crypto'
import { type ChainFault, nextChain } from '#postgres/chain.ts'
import { PackLines } from '#postgres/pack-lines.ts'
import { PackProof } from '#postgres/pack-proof.ts'
import { effectHolds } from '#postgres/stored-effects.ts'
import { headerHolds } from '#postgres/walk-history.ts'
import type { AppliedPack } from './applied-pack.ts'
import type { AppliedEffect } from './apply-change.ts'
import type { Pace } from './pace.ts'
import type { NewChange, NewEffect } from './read-news.ts'
import type { Row } from './row.ts'
import type { Place } from './tenant-data.ts'

/** A change that was compared with its own hashes; where it stands in the history is for `doubt` to say. */
export type ProvenChange = {
  readonly change: NewChange
  readonly effects: readonly (AppliedEffect | AppliedPack)[]
  readonly fault: ChainFault | 'erased' | undefined
}

/** Hashes the rows of a change, which may be thousands, resting between them. */
export async function proveChange(
  change: NewChange,
  stored: readonly NewEffect[],
  pace: Pace,
): Promise<ProvenChange> {
  const digest = createHash('sha256')
  const effects: (AppliedEffect | AppliedPack)[] = []
  let count = 0
  let isEdited = false
  let isErased = false
  for (const each of stored) {
    const { table_name, op, key } = each
    if ('lines' in each) {
      digest.update(each.hexHashes.toString('latin1'), 'hex')
      const proof = new PackProof(each)
      for (const lines = new PackLines(each.lines); lines.next(); count++) {
        if (proof.isErased(lines.n)) isErased = true
        else isEdited ||= !proof.holds(lines)
        if (pace.due()) await pace.rest()
      }
      effects.push({ table_name, op, usual: usualOf(key), lines: each.lines })
      continue
    }
    digest.update(each.hash)
    count++
    isErased ||= each.salt === null
    isEdited ||= each.salt !== null && !effectHolds(each)
    effects.push({ table_name, op, key, after: each.after })
    if (pace.due()) await pace.rest()
  }
  const fault = () => {
    if (change.header_salt && !headerHolds(change)) return 'header'
    if (count !== change.effects) return 'count'
    if (isEdited) return 'effect'
    return Buffer.compare(digest.digest(), change.digest) === 0 ? undefined : 'digest'
  }
  // What a row was can be erased before we came to read it; the table says what it is.
  return { change, effects, fault: fault() ?? (isErased ? 'erased' : undefined) }
}

/** Undefined where it is no row, which no line of the pack proves then. */
function usualOf(said: string): Row | undefined {
  try {
    const row = JSON.parse(said) as Row
    return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
  } catch {
    return undefined
  }
}

/** Why a change is not to be applied after `place`. */
export function doubt(
  place: Place,
  { change, fault }: ProvenChange,
): ChainFault | 'erased' | 'epoch' | undefined {
  if (change.epoch !== place.epoch) return 'epoch'
  if (change.revision !== place.revision + 1) return 'gap'
  if (fault !== undefined && fault !== 'erased') return fault
  const link = { ...change, tenant: change.tenant_id, headerHash: change.header_hash }
  return Buffer.compare(nextChain(place.chain, link), change.chain) === 0 ? fault : 'chain'
}
