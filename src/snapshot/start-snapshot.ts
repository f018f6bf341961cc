import { randomFillSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { People } from '#core/people.ts'
import type { Snapshot } from '#core/tenant-view.ts'
import type { WhatIf } from '#core/what-if.ts'
import type { Sql } from '#postgres/pool.ts'
import type { AppliedEffect } from './apply-change.ts'
import { type FeedMetrics, isAlarm, type SnapshotStatus } from './counters.ts'
import { Feed } from './feed.ts'
import { type Listening, listen } from './listen.ts'
import { load } from './loader.ts'
import { peopleOf } from './people-of.ts'
import { personCaller } from './person-caller.ts'
import { readNews } from './poll.ts'
import { Poller } from './poller.ts'
import type { NewChange } from './read-news.ts'
import { SeededHash } from './seeded-hash.ts'
import { ServerClock } from './server-clock.ts'
import { Store } from './store.ts'
import { isUuid } from './uuid.ts'
import { Waiters } from './waiters.ts'
import { whatIf } from './what-if.ts'

type Write = (fields: object, message: string) => void

type Needs = {
  /** Opens a pool of three connections or more on the primary, for the snapshot alone; ended here. */
  readonly open: () => Sql
  /** A client for LISTEN alone, past any pooler (DATABASE_DIRECT_URL); ended here. */
  readonly openListener: () => Sql
  readonly log: { readonly info: Write; readonly warn: Write; readonly error: Write }
  readonly metrics?: FeedMetrics
  /** This machine's clock, epoch milliseconds. */
  readonly wall?: () => number
  /** Milliseconds that never go back. */
  readonly monotonic?: () => number
  /** Between polls of all heads. Default 1000; a quarter of it where notifications do not arrive. */
  readonly pollMs?: number
  /** Default 10 000. */
  readonly patienceMs?: number
  /** Default 2000. */
  readonly probeMs?: number
  /** A change with more effects is not applied: its tenant is loaded again. Default 5000. */
  readonly largestChange?: number
  /** Told of a change with `bulkyChange` effects or more, once. */
  readonly onBulky?: (change: NewChange) => void
  /** Default 1000. */
  readonly bulkyChange?: number
}

export type RunningSnapshot = {
  readonly snapshot: Snapshot
  /** Resolves after the first load, however long the database takes. Rejects when stopped before. */
  readonly ready: Promise<void>
  /** For the process that committed: look at once, at this tenant or at all. */
  readonly wake: (tenant?: string) => void
  /** The time by which rights begin and end, epoch milliseconds: the database's, whatever this machine's clock says. */
  readonly now: () => number
  /** A loaded tenant, by its id, as it would be after effects that were not committed. */
  readonly whatIf: (tenant: string, effects: readonly AppliedEffect[]) => Promise<WhatIf | undefined>
  /** Of a loaded tenant, by its id. */
  readonly people: (tenant: string) => People | undefined
  readonly status: () => SnapshotStatus
  readonly stop: () => Promise<void>
}

const retryMs = 250

/** Loads the snapshot and keeps it where the database is. While the database is away, what was loaded goes on answering. */
export function startSnapshot(needs: Needs): RunningSnapshot {
  const { log, wall = Date.now, monotonic = () => performance.now(), pollMs = 1000 } = needs
  const hash = new SeededHash(randomFillSync(new Uint32Array(2)))
  const { metrics } = needs
  const bounds = { largestChange: needs.largestChange ?? 20_000, bulkyChange: needs.bulkyChange ?? 1000 }
  const clock = new ServerClock({ wall, monotonic, log, ...(metrics && { metrics }) })
  const store = new Store((error) => log.error({ err: error }, 'A listener of changes failed.'))
  const waiters = new Waiters()
  const reloads: Record<string, number> = {}
  const poison: Record<string, number> = {}
  const state = { alarms: 0, listen: 'starting' as SnapshotStatus['listen'], loaded: false, stopped: false }
  let pool = needs.open()
  let lastError: string | undefined
  let lag: number | undefined
  let poller: Poller | undefined

  function onPoison(table: string, reason: string): void {
    poison[table] = (poison[table] ?? 0) + 1
    log.error({ table, reason }, 'A row cannot be read and gives nothing.')
  }

  const feed = new Feed({
    store,
    load: (tenants) => load({ sql: pool, hash, onPoison, monotonic }, tenants),
    readNews: (places, tenants, held) => readNews({ sql: pool, monotonic, ...bounds }, places, tenants, held),
    clock,
    monotonic,
    log,
    onApplied(tenant, revision, at) {
      lag = Math.max(0, clock.now() - at)
      metrics?.feedLag(lag / 1000)
      metrics?.dataRevision(store.data(tenant)?.catalogue.tenant.key ?? tenant, revision)
      waiters.check()
    },
    onReload(cause) {
      reloads[cause] = (reloads[cause] ?? 0) + 1
      if (isAlarm(cause)) state.alarms++
      metrics?.feedReloaded(cause)
    },
    onBulk: (change) => needs.onBulky?.(change),
    onReloaded: () => wake(),
  })

  function wake(tenant?: string): void {
    const id = tenant === undefined || isUuid(tenant) ? tenant : store.view(tenant)?.id
    poller?.request(id)
  }

  // A connection whose other end vanished would stay silent for a quarter of an hour, and be one less for the polls to come.
  function replacePool(): void {
    const silent = pool
    pool = needs.open()
    silent.end({ timeout: 0 }).catch(() => undefined)
  }

  function onError(error: unknown): void {
    if (state.stopped) return
    const message = error instanceof Error ? error.message : String(error)
    if (lastError === undefined)
      log.warn({ err: error }, 'The feed cannot read the database; what is loaded goes on answering.')
    lastError = message
  }

  async function firstLoad(): Promise<void> {
    while (!state.loaded) {
      if (state.stopped) throw new Error('The snapshot was stopped before it was loaded.')
      try {
        await feed.loadAll()
        state.loaded = true
      } catch (error) {
        onError(error)
        await sleep(retryMs)
      }
    }
    lastError = undefined
    poller = new Poller({
      poll: (tenants) => feed.poll(tenants),
      interval: () =>
        lastError !== undefined
          ? Math.min(pollMs, retryMs)
          : state.listen === 'listening'
            ? pollMs
            : pollMs / 4,
      patienceMs: needs.patienceMs ?? 10_000,
      onDone() {
        lastError = undefined
        waiters.check()
      },
      onError,
      onGivenUp: replacePool,
    })
    poller.request()
  }

  const listening: Listening = listen({
    sql: () => pool,
    openListener: needs.openListener,
    onHint(tenant, revision) {
      if ((store.view(tenant)?.revision ?? -1) < revision) wake(tenant)
    },
    onConnect: () => wake(),
    onMode(mode) {
      state.listen = mode
    },
    probeMs: needs.probeMs ?? 2000,
    log,
  })
  const ready = firstLoad()
  ready.catch(() => {})

  const age = () => monotonic() - feed.freshSince
  const snapshot: Snapshot = {
    tenant: (idOrKey) => store.view(idOrKey),
    issuer: (iss, audience) => store.directory.issuer(iss, audience),
    issuersOf: (iss) => store.directory.issuersOf(iss),
    callerOfKey: (id) => store.directory.callerOfKey(id),
    callerOfCertificate: (fingerprint) => store.directory.callerOfCertificate(fingerprint),
    callerOfSubject: (tenant, subject, now) => personCaller(store.data(tenant), subject, now),
    ageMs: age,
    wait(tenant, revision, timeoutMs) {
      const isMet = () => (store.view(tenant)?.revision ?? -1) >= revision
      if (!isMet()) wake(tenant)
      return waiters.until(isMet, timeoutMs, { tenant, revision: String(revision) })
    },
    refresh(timeoutMs) {
      const asked = monotonic()
      wake()
      return waiters.until(() => feed.freshSince >= asked, timeoutMs, {})
    },
    subscribe: (listener) => store.subscribe(listener),
  }

  return {
    snapshot,
    ready,
    wake,
    now: () => clock.now(),
    async whatIf(tenant, effects) {
      const data = store.data(tenant)
      return data && whatIf(data, effects, hash)
    },
    people(tenant) {
      const data = store.data(tenant)
      return data && peopleOf(data)
    },
    status: () => ({
      loaded: state.loaded,
      tenants: store.tenants.size,
      grants: [...store.tenants.values()].reduce((sum, { data }) => sum + data.grants.size, 0),
      listen: state.listen,
      clock_offset_ms: clock.now() - wall(),
      ...(lag !== undefined && { lag_ms: lag }),
      ...(lastError !== undefined && { last_error: lastError }),
      reloading: feed.pending,
      reloads: { ...reloads },
      alarms: state.alarms,
      poison: { ...poison },
    }),
    async stop() {
      state.stopped = true
      await listening.stop()
      await ready.catch(() => {})
      await poller?.stop()
      await feed.settle()
      await pool.end({ timeout: 1 })
    },
  }
}
