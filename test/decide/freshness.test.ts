import { describe, expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import { decodeRevision, encodeRevision } from '#core/revision.ts'
import type { AppliedChange, Snapshot } from '#core/tenant-view.ts'
import { createAwaitFreshness, unknownChain } from '#decide/freshness.ts'
import { createWatch } from '#decide/watch.ts'
import { emptyCatalogue, epoch, tenantId, viewOf } from '#test/fixtures/view.ts'

/** A snapshot whose revision the test moves by hand. */
function movable(start: number) {
  let revision = start
  let current = epoch
  let active = true
  let age = 0
  const listeners = new Set<(change: AppliedChange) => void>()
  const waits: number[] = []
  const snapshot: Snapshot = {
    tenant: () => {
      const tenant = { ...emptyCatalogue().tenant, active }
      return viewOf({ revision, epoch: current, catalogue: { tenant } })
    },
    issuer: () => undefined,
    issuersOf: () => [],
    callerOfKey: () => undefined,
    callerOfCertificate: () => undefined,
    callerOfSubject: () => undefined,
    ageMs: () => age,
    wait: async (_tenant, wanted) => {
      waits.push(wanted)
      if (revision < wanted) throw new AppError('NOT_FRESH_ENOUGH', 'too late')
    },
    refresh: async () => {
      age = 0
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const apply = (change: Partial<AppliedChange> = {}) => {
    revision += 1
    const fields = { tenant: tenantId, epoch: current, revision, at: 5, subjects: ['s'], tenant_wide: false }
    for (const listener of listeners) listener({ ...fields, ...change })
  }
  /** The database was restored: another history, at an earlier revision. */
  const restore = (to: number, as: string) => {
    current = as
    revision = to - 1
    apply({ subjects: [], tenant_wide: true })
  }
  const suspend = () => {
    active = false
    apply({ subjects: [], tenant_wide: true })
  }
  return { snapshot, apply, restore, suspend, waits, listeners, setAge: (ms: number) => (age = ms) }
}

const token = (revision: number, fields = {}) => ({
  tenant: tenantId,
  epoch,
  revision,
  chain: unknownChain,
  ...fields,
})

describe('how fresh an answer must be', () => {
  test('C-6 a demand that holds already needs no wait', () => {
    const { snapshot } = movable(7)
    const awaitFreshness = createAwaitFreshness({ snapshot, waitMs: 50 })
    expect(awaitFreshness(tenantId, { kind: 'minimize_latency' }, 50)).toBeUndefined()
    expect(awaitFreshness(tenantId, { kind: 'at_least', revision: token(7) }, 50)).toBeUndefined()
    expect(awaitFreshness(tenantId, { kind: 'max_staleness', ms: 0 }, 50)).toBeUndefined()
  })

  test('C-6 no answer for at_least reflects less: too late is a failure', async () => {
    const { snapshot } = movable(7)
    const awaitFreshness = createAwaitFreshness({ snapshot, waitMs: 50 })
    const late = awaitFreshness(tenantId, { kind: 'at_least', revision: token(8) }, 50)
    await expect(late).rejects.toMatchObject({ code: 'NOT_FRESH_ENOUGH' })
  })

  test('F6 a token of another epoch or another chain is refused', () => {
    const { snapshot } = movable(7)
    const awaitFreshness = createAwaitFreshness({ snapshot, waitMs: 50 })
    const ask = (fields: object) => () =>
      awaitFreshness(tenantId, { kind: 'at_least', revision: token(7, fields) }, 50)
    expect(ask({ epoch: tenantId })).toThrow(expect.objectContaining({ code: 'REVISION_SUPERSEDED' }))
    expect(ask({ chain: 'ffffffffffffffff' })).toThrow(
      expect.objectContaining({ code: 'REVISION_SUPERSEDED' }),
    )
    expect(ask({ tenant: epoch })).toThrow(expect.objectContaining({ code: 'TENANT_MISMATCH' }))
  })

  test('C-6 fresh and max_staleness poll before answering', async () => {
    const { snapshot, setAge } = movable(1)
    const awaitFreshness = createAwaitFreshness({ snapshot, waitMs: 50 })
    setAge(9000)
    await awaitFreshness(tenantId, { kind: 'max_staleness', ms: 1000 }, 50)
    expect(snapshot.ageMs()).toBe(0)
  })
})

describe('watching', () => {
  const watching = (world: ReturnType<typeof movable>, after?: ReturnType<typeof token>) => {
    const stop = new AbortController()
    const watch = createWatch({ snapshot: world.snapshot, now: () => 9, checkpointMs: 60_000 })
    return { watch, stop, start: () => watch(tenantId, after, stop.signal)[Symbol.asyncIterator]() }
  }

  test('M-4 each applied change is told with a token to resume from', async () => {
    const world = movable(3)
    const { start, stop } = watching(world)
    const events = start()
    expect((await events.next()).value).not.toHaveProperty('change')
    world.apply()
    const { value } = await events.next()
    expect(value).toMatchObject({ change: { subjects: ['sub_s'], tenant_wide: false } })
    expect(value?.revision).toBe(
      encodeRevision({ tenant: tenantId, epoch, revision: 4, chain: '00112233445566ff' }),
    )
    stop.abort()
    await events.return?.()
  })

  test('M-4 a watcher that was away gets what it missed, or one tenant-wide change', async () => {
    const world = movable(3)
    const { watch, stop } = watching(world)
    world.apply()
    world.apply({ subjects: ['t'] })
    const resume = watch(tenantId, token(4), stop.signal)[Symbol.asyncIterator]()
    await resume.next()
    expect((await resume.next()).value).toMatchObject({ change: { subjects: ['sub_t'] } })
    const old = watch(tenantId, token(1), stop.signal)[Symbol.asyncIterator]()
    await old.next()
    expect((await old.next()).value).toMatchObject({ change: { tenant_wide: true } })
    stop.abort()
    await resume.return?.()
    await old.return?.()
  })

  test('V36 a tenant that is suspended is watched no longer', async () => {
    const world = movable(1)
    const events = watching(world).start()
    await events.next()
    world.suspend()
    await expect(events.next()).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    expect(world.listeners.size).toBe(1)
  })

  test('F6 after a restore nothing of the replaced history is told, and nothing of the new one is missed', async () => {
    const world = movable(1)
    const { watch, stop } = watching(world)
    for (let i = 0; i < 9; i++) world.apply()
    const restored = '01990000-0000-7000-8000-0000000000ff'
    world.restore(5, restored)
    world.apply({ subjects: ['t'] })
    const after = token(5, { epoch: restored })
    const events = watch(tenantId, after, stop.signal)[Symbol.asyncIterator]()
    await events.next()
    const { value } = await events.next()
    expect(value?.change).toEqual({ subjects: ['sub_t'], tenant_wide: false })
    expect(decodeRevision(value?.revision ?? '')).toMatchObject({ epoch: restored, revision: 6 })
    stop.abort()
    expect((await events.next()).done).toBe(true)
  })

  test('F39 what is kept for those who were away is bounded by what it says, not only by its number', async () => {
    const world = movable(1)
    const { watch, stop } = watching(world)
    const subjects = Array.from({ length: 5000 }, (_, i) => `s${i}`)
    for (let i = 0; i < 30; i++) world.apply({ subjects })
    const first = async (revision: number) => {
      const events = watch(tenantId, token(revision), stop.signal)[Symbol.asyncIterator]()
      await events.next()
      return (await events.next()).value?.change
    }
    expect(await first(1)).toEqual({ subjects: [], tenant_wide: true })
    expect((await first(30))?.subjects).toHaveLength(5000)
    stop.abort()
  })

  test('F39 a watcher that does not read is dropped, the feed does not wait', async () => {
    const world = movable(1)
    const { start, stop } = watching(world)
    const events = start()
    await events.next()
    for (let i = 0; i < 1100; i++) world.apply()
    const read = async () => {
      for (;;) await events.next()
    }
    await expect(read()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    stop.abort()
    expect(world.listeners.size).toBe(1)
  })
})
