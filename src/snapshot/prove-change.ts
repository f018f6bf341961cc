import { createHash } from 'node:crypto'
import { type ChainFault, nextChain } from '#postgres/chain.ts'
import { type StoredEffect, unpacked } from '#postgres/stored-effects.ts'
import { effectHolds, headerHolds } from '#postgres/walk-history.ts'
import type { AppliedEffect } from './apply-change.ts'
import type { Pace } from './pace.ts'
import type { NewChange } from './read-news.ts'
import type { Row } from './row.ts'
import type { Place } from './tenant-data.ts'

/** A change that was compared with its own hashes; where it stands in the history is for `doubt` to say. */
export type ProvenChange = {
  readonly change: NewChange
  /** Their images are read. */
  readonly effects: readonly AppliedEffect[]
  readonly fault: ChainFault | 'erased' | undefined
}

/** Hashes and reads the rows of a change, which may be thousands, resting between them. */
export async function proveChange(
  change: NewChange,
  stored: readonly StoredEffect[],
  pace: Pace,
): Promise<ProvenChange> {
  const digest = createHash('sha256')
  const effects: AppliedEffect[] = []
  let isEdited = false
  let isErased = false
  for (const each of stored) {
    digest.update(each.hash)
    for (const effect of unpacked(each)) {
      const { table_name, op, key, after } = effect
      isErased ||= effect.salt === null
      const row = after === null ? undefined : readRow(after)
      isEdited ||= (effect.salt !== null && !effectHolds(effect)) || (after !== null && row === undefined)
      effects.push({ table_name, op, key, after, ...(row && { row }) })
      if (pace.due()) await pace.rest()
    }
  }
  const fault = () => {
    if (change.header_salt && !headerHolds(change)) return 'header'
    if (effects.length !== change.effects) return 'count'
    if (isEdited) return 'effect'
    return Buffer.compare(digest.digest(), change.digest) === 0 ? undefined : 'digest'
  }
  // What a row was can be erased before we came to read it; the table says what it is.
  return { change, effects, fault: fault() ?? (isErased ? 'erased' : undefined) }
}

/** Undefined where it is no row: a line of a pack is text, which somebody may have edited. */
function readRow(image: string): Row | undefined {
  try {
    return (JSON.parse(image) as Row | null) ?? undefined
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
