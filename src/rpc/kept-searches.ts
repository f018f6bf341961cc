type Search = {
  readonly names: readonly string[]
  /** ms */
  readonly at: number
}

type Needs = {
  /** Names kept, of all searches together. */
  readonly most: number
  readonly goodForMs: number
  /** ms */
  readonly now: () => number
}

export type KeptSearches<Found extends Search> = {
  readonly get: (tenant: string, id: string) => Found | undefined
  readonly keep: (tenant: string, id: string, found: Found) => void
}

type Kept<Found> = { names: number; readonly searches: Map<string, Found> }

/** What searches found, for a while. Where it is too much, the tenant that has most of it loses what it had first. */
export function createKeptSearches<Found extends Search>({
  most,
  goodForMs,
  now,
}: Needs): KeptSearches<Found> {
  const tenants = new Map<string, Kept<Found>>()
  let all = 0

  function count(kept: Kept<Found>, names: number): void {
    kept.names += names
    all += names
  }

  function drop(tenant: string, kept: Kept<Found>, id: string, { names }: Found): void {
    kept.searches.delete(id)
    count(kept, -names.length - 1)
    if (kept.searches.size === 0) tenants.delete(tenant)
  }

  function dropOldest([tenant, kept]: readonly [string, Kept<Found>]): void {
    const [first] = kept.searches
    if (first !== undefined) drop(tenant, kept, ...first)
  }

  return {
    get: (tenant, id) => tenants.get(tenant)?.searches.get(id),
    keep(tenant, id, found) {
      const kept = tenants.get(tenant) ?? { names: 0, searches: new Map() }
      tenants.set(tenant, kept)
      kept.searches.set(id, found)
      count(kept, found.names.length + 1)
      for (const [name, each] of tenants)
        for (const [old, search] of each.searches) {
          if (now() - search.at <= goodForMs) break
          drop(name, each, old, search)
        }
      while (all > most) dropOldest([...tenants].reduce((a, b) => (b[1].names > a[1].names ? b : a)))
    },
  }
}
