import type { Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import type { HeldBytes } from './held-bytes.ts'
import {
  type Head,
  type NewChange,
  type NewEffect,
  type ReloadCause,
  readChanges,
  readEffects,
  readHeads,
  readPruned,
} from './read-news.ts'
import type { PrimaryState } from './server-state.ts'
import type { Place } from './tenant-data.ts'

type Needs = {
  readonly sql: Sql
  /** A change with more effects than this is not read: its tenant is loaded again. */
  readonly largestChange: number
  /** A change with this many effects or more is worth telling. */
  readonly bulkyChange: number
  readonly monotonic: () => number
}

export type News = PrimaryState & {
  readonly heads: readonly Head[]
  readonly reload: ReadonlyMap<string, ReloadCause>
  readonly bulky: readonly NewChange[]
  /** In order within each tenant. */
  readonly changes: readonly { readonly change: NewChange; readonly effects: readonly NewEffect[] }[]
}

const changesATime = 200
const tenantsATime = 100
/** Of the largest change: whoever is behind catches up by fewer questions. */
const largestTogether = 4

/**
 * What happened since the places, in one snapshot of the database: of some tenants, or of all. May stop before the heads.
 * The places are those of the moment before: what is served may move while the database answers. Packs are good until
 * `held` is let go.
 */
export function readNews(
  needs: Needs,
  places: ReadonlyMap<string, Place>,
  tenants: readonly string[] | undefined,
  held: HeldBytes,
): Promise<News> {
  return readFeed(needs.sql, async (tx) => {
    // Where it is tried again, what the first try read is in nobody's hands.
    held.letGo()
    const { heads, ...state } = await readHeads(tx, tenants, needs.monotonic)
    const reload = new Map<string, ReloadCause>()
    const behind: { tenant: string; revision: number }[] = []
    for (const head of heads) {
      const place = places.get(head.tenant_id)
      const cause = causeOf(head, place)
      if (cause !== undefined) reload.set(head.tenant_id, cause)
      else if (place !== undefined && head.revision > place.revision) {
        behind.push({ tenant: head.tenant_id, revision: place.revision })
      }
    }
    const cursors = behind.slice(0, tenantsATime)
    const [pruned, found] = await Promise.all([
      readPruned(tx, cursors),
      readChanges(tx, cursors, changesATime),
    ])
    for (const tenant of pruned) reload.set(tenant, 'pruned')
    const present = new Set(found.map(({ tenant_id }) => tenant_id))
    for (const { tenant } of cursors)
      if (!present.has(tenant) && !reload.has(tenant)) reload.set(tenant, 'gap')
    const changes = withinBounds(found, needs.largestChange, reload)
    const effects = Map.groupBy(await readEffects(tx, changes, held), effectKey)
    return {
      ...state,
      heads,
      reload,
      bulky: found.filter(({ effects }) => effects >= needs.bulkyChange),
      changes: changes.map((change) => ({ change, effects: effects.get(effectKey(change)) ?? [] })),
    }
  })
}

function causeOf(head: Head, place: Place | undefined): ReloadCause | undefined {
  if (place === undefined) return 'new'
  if (head.epoch !== place.epoch) return 'epoch'
  if (head.revision < place.revision) return 'went_back'
  return head.revision === place.revision && Buffer.compare(head.chain, place.chain) !== 0
    ? 'forked'
    : undefined
}

/** As many as together stay below a bound; a single change that is too large sends its tenant to be loaded again. */
function withinBounds(
  found: readonly NewChange[],
  largest: number,
  reload: Map<string, ReloadCause>,
): readonly NewChange[] {
  const taken: NewChange[] = []
  let sum = 0
  for (const change of found) {
    if (change.effects > largest) reload.set(change.tenant_id, 'size')
    if (reload.has(change.tenant_id)) continue
    sum += change.effects
    if (sum > largest * largestTogether) break
    taken.push(change)
  }
  return taken
}

function effectKey(row: { readonly tenant_id: string; readonly xid: string }): string {
  return `${row.tenant_id} ${row.xid}`
}
