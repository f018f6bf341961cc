type Bounds = {
  /** Works of one tenant, under way and waiting. */
  readonly most: number
  /** Tenants that work is under way of. */
  readonly atOnce: number
}

/** Undefined: so many of the tenant's wait already. */
export type FairQueue = <Result>(tenant: string, work: () => Promise<Result>) => Promise<Result> | undefined

/**
 * Works of a tenant one after the other, and the tenants by turns: however much one of them asks for, another waits for one
 * piece of work of each before it, no more.
 */
export function createFairQueue({ most, atOnce }: Bounds): FairQueue {
  // In the order of their turns.
  const waiting = new Map<string, (() => Promise<unknown>)[]>()
  const busy = new Set<string>()

  function begin(): void {
    for (const [tenant, works] of waiting) {
      if (busy.size >= atOnce) return
      if (busy.has(tenant)) continue
      const work = works.shift()
      if (works.length === 0) waiting.delete(tenant)
      if (work !== undefined) void run(tenant, work)
    }
  }

  async function run(tenant: string, work: () => Promise<unknown>): Promise<void> {
    busy.add(tenant)
    await work()
    busy.delete(tenant)
    // Its next one is behind those of everybody else who waits.
    const works = waiting.get(tenant)
    if (works !== undefined && waiting.delete(tenant)) waiting.set(tenant, works)
    begin()
  }

  return <Result>(tenant: string, work: () => Promise<Result>) => {
    const works = waiting.get(tenant) ?? []
    if (works.length + (busy.has(tenant) ? 1 : 0) >= most) return undefined
    return new Promise<Result>((resolve, reject) => {
      waiting.set(tenant, works)
      works.push(() => work().then(resolve, reject))
      begin()
    })
  }
}
