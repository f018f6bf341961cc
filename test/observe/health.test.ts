import { expect, test } from 'vitest'
import { createHealth } from '#observe/health.ts'

function start(age = { ms: 0 }) {
  return createHealth({ ageMs: () => age.ms, softBoundMs: 5000 })
}

test('is ready with a snapshot and a bundle, in either order, and not before', () => {
  const health = start()
  expect(health.readiness()).toEqual({ ready: false, state: 'starting', missing: ['snapshot', 'bundle'] })
  health.bundleActivated()
  expect(health.readiness()).toEqual({ ready: false, state: 'starting', missing: ['snapshot'] })
  health.snapshotLoaded()
  expect(health.readiness()).toEqual({ ready: true, state: 'serving', missing: [] })
})

test('staleness does not take it out of service', () => {
  const age = { ms: 5000 }
  const health = start(age)
  health.bundleActivated()
  health.snapshotLoaded()
  expect(health.stale()).toBe(false)
  age.ms = Number.POSITIVE_INFINITY
  expect(health.stale()).toBe(true)
  expect(health.readiness().ready).toBe(true)
})

test('F55 draining is not ready and has no way back', () => {
  const health = start()
  health.snapshotLoaded()
  health.bundleActivated()
  health.drain()
  health.snapshotLoaded()
  health.bundleActivated()
  expect(health.readiness()).toEqual({ ready: false, state: 'draining', missing: ['draining'] })
})

test('tells its listeners only when readiness flips', () => {
  const health = start()
  const seen: string[] = []
  const stop = health.subscribe(({ state }) => seen.push(state))
  health.snapshotLoaded()
  health.bundleActivated()
  health.bundleActivated()
  health.drain()
  stop()
  expect(seen).toEqual(['serving', 'draining'])
})
