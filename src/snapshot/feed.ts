import { applyChange } from './apply-change.ts'
import { arrive } from './arrive.ts'
import { isAlarm } from './counters.ts'
import { HeldBytes } from './held-bytes.ts'
import type { Loaded } from './loader.ts'
import { Pace } from './pace.ts'
import type { News } from './poll.ts'
import { doubt, type ProvenChange, proveChange } from './prove-change.ts'
import type { NewChange, ReloadCause } from './read-news.ts'
import type { ServerClock } from './server-clock.ts'
import type { Store } from './store.ts'
import type { Place } from './tenant-data.ts'

type Log = {
  readonly info: (fields: object, message: string) => void
  readonly error: (fields: object, message: string) => void
}

type Needs = {
  readonly store: Store
  readonly load: (tenants?: readonly string[]) => Promise<Loaded>
  readonly readNews: (
    places: ReadonlyMap<string, Place>,
    tenants: readonly string[] | undefined,
    held: HeldBytes,
  ) => Promise<News>
  readonly clock: ServerClock
  readonly monotonic: () => number
  readonly log: Log
  readonly onApplied: (tenant: string, revision: number, at: number) => void
  readonly onReload: (cause: ReloadCause) => void
  /** A change of many rows, once, whether it is applied or loaded. */
  readonly onBulk: (change: NewChange) => void
  /** Tenants were loaded again: what happened since is to be asked for. */
  readonly onReloaded: () => void
}

/** Brings the store to where the database is. One poll at a time; loading a tenant again goes on beside it. */
export class Feed {
  readonly #needs: Needs
  readonly #reloads = new Map<string, ReloadCause>()
  /** Tenant → the last revision that was told as a change of many rows. */
  readonly #bulky = new Map<string, number>()
  #reloading: Promise<void> | undefined
  #applying: Promise<unknown> = Promise.resolve()
  #timeline = ''
  /** For the next poll; one that was given up keeps its own. */
  #spare: HeldBytes | undefined
  #freshSince = Number.NEGATIVE_INFINITY

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** Tenants that wait to be loaded again. */
  get pending(): number {
    return this.#reloads.size
  }

  /** When the last poll began (monotonic ms) after which everything it saw was served. */
  get freshSince(): number {
    return this.#freshSince
  }

  /** The first load of all tenants. */
  async loadAll(): Promise<void> {
    const start = this.#needs.monotonic()
    const loaded = await this.#needs.load()
    this.#timeline = loaded.timeline
    this.#needs.clock.observe(loaded.clock)
    this.#needs.store.install(loaded.tenants)
    this.#freshSince = start
  }

  /** Asks the database for news and applies them: of some tenants, or of all. */
  async poll(tenants?: readonly string[]): Promise<void> {
    for (;;) {
      const start = this.#needs.monotonic()
      const places = this.#places(tenants)
      const held = this.#spare ?? new HeldBytes()
      this.#spare = undefined
      const news = await this.#needs.readNews(places, tenants, held)
      this.#checkTimeline(news.timeline)
      this.#needs.clock.observe(news.clock)
      if (tenants === undefined) this.#dropAllBut(new Set(news.heads.map(({ tenant_id }) => tenant_id)))
      this.#tellBulky(news)
      for (const [tenant, cause] of news.reload) {
        // Else it was loaded again meanwhile.
        if (this.#needs.store.data(tenant)?.place === places.get(tenant)) this.#reload(tenant, cause)
      }
      const progress = await this.#apply(news)
      this.#spare = held
      this.#startReloads()
      if (this.#isServed(news)) {
        if (tenants === undefined) this.#freshSince = start
        return
      }
      if (!progress) return
    }
  }

  /** Waits for loading that goes on. */
  async settle(): Promise<void> {
    await this.#reloading
  }

  #places(tenants: readonly string[] | undefined): ReadonlyMap<string, Place> {
    const places = new Map<string, Place>()
    for (const id of tenants ?? this.#needs.store.tenants.keys()) {
      const place = this.#needs.store.data(id)?.place
      if (place !== undefined) places.set(id, place)
    }
    return places
  }

  #checkTimeline(timeline: string): void {
    if (timeline < this.#timeline)
      throw new Error('This server was the primary before a fail-over; it is not any more.')
    if (timeline > this.#timeline && this.#timeline !== '') {
      this.#needs.log.info({ timeline }, 'The database has failed over; every head is compared.')
    }
    this.#timeline = timeline
  }

  #isServed(news: News): boolean {
    return news.heads.every(({ tenant_id, revision, epoch }) => {
      const place = this.#needs.store.data(tenant_id)?.place
      return place?.epoch === epoch && place.revision >= revision && !this.#reloads.has(tenant_id)
    })
  }

  /** Whether anything was applied. One news after the other, also where a poll was given up. */
  #apply(news: News): Promise<boolean> {
    const applied = this.#applying.then(() => this.#applyAll(news))
    this.#applying = applied.catch(() => undefined)
    return applied
  }

  async #applyAll(news: News): Promise<boolean> {
    const pace = new Pace()
    let progress = false
    for (const { change, effects } of news.changes) {
      if (this.#reloads.has(change.tenant_id)) continue
      const applied = await this.#applyOne(await proveChange(change, effects, pace), pace)
      progress ||= applied
      if (pace.due()) await pace.rest()
    }
    return progress
  }

  async #applyOne(proven: ProvenChange, pace: Pace): Promise<boolean> {
    const { change } = proven
    const tenant = change.tenant_id
    const data = this.#needs.store.data(tenant)
    // Loaded again meanwhile, from a later moment.
    if (data === undefined || data.place.revision >= change.revision) return false
    const cause = doubt(data.place, proven)
    if (cause !== undefined) {
      this.#reload(tenant, cause)
      return false
    }
    const arrived = await arrive(data, proven.effects, pace)
    // Loaded again meanwhile: the next poll tells what is missing there.
    if (this.#needs.store.data(tenant) !== data) return false
    if (arrived === undefined) {
      this.#reload(tenant, 'effect')
      return false
    }
    const { epoch, revision, chain, at } = change
    const touched = applyChange(data, arrived.effects, { epoch, revision, chain }, arrived.touched)
    this.#needs.store.directory.replace(data)
    const { subjects, tenant_wide } = touched
    this.#needs.store.tell({ tenant, epoch, revision, at, subjects: [...subjects], tenant_wide })
    this.#needs.onApplied(tenant, revision, at)
    return true
  }

  #tellBulky({ bulky }: News): void {
    for (const change of bulky) {
      // One that is being loaded is found again by every poll until then.
      if ((this.#bulky.get(change.tenant_id) ?? -1) >= change.revision) continue
      this.#bulky.set(change.tenant_id, change.revision)
      this.#needs.onBulk(change)
    }
  }

  #dropAllBut(present: ReadonlySet<string>): void {
    for (const id of [...this.#needs.store.tenants.keys()]) if (!present.has(id)) this.#needs.store.remove(id)
    for (const known of [this.#reloads, this.#bulky])
      for (const id of [...known.keys()]) if (!present.has(id)) known.delete(id)
  }

  #reload(tenant: string, cause: ReloadCause): void {
    if (this.#reloads.has(tenant)) return
    this.#reloads.set(tenant, cause)
    this.#needs.onReload(cause)
    if (!isAlarm(cause)) return
    const message =
      'The history of a tenant does not prove itself; the tenant is loaded again from its tables.'
    this.#needs.log.error({ tenant, cause }, message)
  }

  // What is served meanwhile is the last state that proved itself.
  #startReloads(): void {
    if (this.#reloading !== undefined || this.#reloads.size === 0) return
    const tenants = [...this.#reloads.keys()]
    this.#reloading = this.#loadAgain(tenants)
      .catch((error: unknown) =>
        this.#needs.log.error({ err: error }, 'Loading again failed; it is tried again.'),
      )
      .finally(() => {
        this.#reloading = undefined
        this.#needs.onReloaded()
      })
  }

  async #loadAgain(tenants: readonly string[]): Promise<void> {
    const loaded = await this.#needs.load(tenants)
    this.#checkTimeline(loaded.timeline)
    this.#needs.store.install(loaded.tenants)
    for (const tenant of tenants) this.#reloads.delete(tenant)
    for (const { id, place } of loaded.tenants) {
      const { epoch, revision } = place
      const at = this.#needs.clock.now()
      this.#needs.store.tell({ tenant: id, epoch, revision, at, subjects: [], tenant_wide: true })
      this.#needs.onApplied(id, revision, at)
    }
  }
}
