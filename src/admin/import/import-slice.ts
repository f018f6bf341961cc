import type { Tx } from '#postgres/pool.ts'
import { placeHolders } from './holders.ts'
import type { ImportPerson, Rejected } from './import-row.ts'
import { findRights, insertRights, type StagedRight } from './staged-rights.ts'
import { readTargets } from './targets.ts'

export type SliceResult = {
  /** Rights given. */
  readonly added: number
  /** Rights that were there already. */
  readonly present: number
  readonly rejected: readonly Rejected[]
}

/**
 * Imports some lines inside a transaction that somebody else opens and seals. What stands there already is left; what
 * cannot be is rejected with its reason, and does not keep the rest from going in. `now` in ms.
 */
export async function importSlice(
  tx: Tx,
  tenant: string,
  people: readonly ImportPerson[],
  now: number,
): Promise<SliceResult> {
  const rejected: Rejected[] = []
  const reject = (each: Rejected) => void rejected.push(each)
  const targets = await readTargets(tx, tenant, people)
  const placed = await placeHolders(tx, tenant, people, reject)
  const staged: StagedRight[] = []
  /** By whom they are of. */
  const lives = new Map<string | null, StagedRight[]>()
  let present = 0
  for (const holder of placed) {
    const { person } = holder
    const id = holder.subject_id ?? holder.organization_id
    const lived = lives.get(id) ?? []
    lives.set(id, lived)
    for (const right of person.rights) {
      const target = targets.of(right, holder.organization_id !== null)
      if (typeof target === 'string') {
        reject({ line: person.line, reason: target })
        continue
      }
      const { value, starts_at = now, ends_at = null } = right
      if (ends_at !== null && ends_at <= starts_at) {
        reject({ line: person.line, reason: 'A right ends after it starts.' })
        continue
      }
      const text = value === undefined ? null : JSON.stringify(value)
      const wanted = { n: staged.length, holder, right, target, value: text, starts_at, ends_at }
      const overlapping = lived.find((each) => isSame(each, wanted) && overlap(each, wanted))
      if (overlapping && sameTerms(overlapping, wanted)) present++
      else if (overlapping) reject({ line: person.line, reason: otherTerms })
      else {
        lived.push(wanted)
        staged.push(wanted)
      }
    }
  }
  if (staged.length === 0) return { added: 0, present, rejected }
  const found = await findRights(tx, tenant, staged)
  const there = new Set(found.map(({ n }) => n))
  const missing = there.size === 0 ? staged : staged.filter(({ n }) => !there.has(n))
  const added = await insertRights(tx, missing, now)
  for (const { n, equal } of found) {
    if (equal) present++
    else reject({ line: staged[n]?.holder.person.line ?? 0, reason: otherTerms })
  }
  present += staged.length - found.length - added
  return { added, present, rejected: rejected.sort((a, b) => a.line - b.line) }
}

const otherTerms = 'There is such a right of the same source and source_ref with other terms in this window.'

/** Of those only one may hold at a time. */
function isSame(a: StagedRight, b: StagedRight): boolean {
  return (
    a.target.entitlement_id === b.target.entitlement_id &&
    a.target.product_id === b.target.product_id &&
    a.target.plan_version_id === b.target.plan_version_id &&
    a.right.module === b.right.module &&
    a.right.source === b.right.source &&
    a.right.source_ref === b.right.source_ref
  )
}

function overlap(a: StagedRight, b: StagedRight): boolean {
  const ends = (each: StagedRight) => each.ends_at ?? Number.POSITIVE_INFINITY
  return a.starts_at < ends(b) && b.starts_at < ends(a)
}

function sameTerms(a: StagedRight, b: StagedRight): boolean {
  return (
    a.starts_at <= b.starts_at &&
    a.ends_at === b.ends_at &&
    a.right.access === b.right.access &&
    a.value === b.value
  )
}
