import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBundleHolder } from '#bundle/holder.ts'
import { loadPolicy } from '#policy/load-policy.ts'
import { asking } from '#test/policy/inputs.ts'
import { defaultBytes, secondBytes } from './shipped.ts'

const promoted = JSON.stringify(asking({ target: 'early_access' }))

test('there is no bundle until one is activated', async () => {
  const holder = createBundleHolder({ now: () => 5, loadPolicy })
  expect(holder.current()).toBeUndefined()
  expect(holder.status()).toEqual({})
  const outcome = await holder.activate(defaultBytes)
  expect(outcome).toEqual({ activated: true, revision: holder.current()?.revision })
  expect(holder.status()).toEqual({ revision: holder.current()?.revision, activated_at: 5 })
})

test('S000-19 another bundle changes the rules without a restart; who captured the old one keeps it', async () => {
  const holder = createBundleHolder({ now: () => 5, loadPolicy })
  await holder.activate(defaultBytes)
  const captured = holder.current()
  const seen: string[] = []
  const unsubscribe = holder.subscribe(({ revision }) => seen.push(revision))
  await holder.activate(secondBytes)
  unsubscribe()
  await holder.activate(defaultBytes)
  await Promise.resolve()
  expect(seen).toHaveLength(1)
  await holder.activate(secondBytes)
  expect(captured?.evaluate(promoted, 'q_1').allowed).toBe(false)
  expect(holder.current()?.evaluate(promoted, 'q_1')).toMatchObject({
    allowed: true,
    reasons: [{ code: 'demo/PROMOTION' }],
  })
})

test('F24 a bad bundle leaves the old one in use, and the status says why', async () => {
  const holder = createBundleHolder({ now: () => 5, loadPolicy })
  await holder.activate(defaultBytes)
  const before = holder.current()
  const outcome = await holder.activate(defaultBytes.subarray(0, 5_000))
  expect(outcome.activated).toBe(false)
  expect(holder.current()).toBe(before)
  expect(holder.status()).toMatchObject({ revision: before?.revision, last_error: expect.any(String) })
  await holder.activate(secondBytes)
  expect(holder.status().last_error).toBeUndefined()
})

test('F24 no flipped bit and no cut gets another bundle in', async () => {
  const holder = createBundleHolder({ now: () => 5, loadPolicy })
  await holder.activate(defaultBytes)
  const before = holder.current()
  const places = fc.record({ at: fc.nat(defaultBytes.length - 1), bit: fc.nat(7) })
  await fc.assert(
    fc.asyncProperty(places, async ({ at, bit }) => {
      const mutant = Buffer.from(defaultBytes)
      mutant[at] = (mutant[at] ?? 0) ^ (1 << bit)
      const outcome = await holder.activate(mutant)
      // Padding and the header's time mean nothing: what is read is then the same to the last byte.
      if (outcome.activated) expect(outcome.revision).toBe(before?.revision)
      expect((await holder.activate(defaultBytes.subarray(0, at))).activated).toBe(false)
    }),
    { numRuns: 300 },
  )
  expect(holder.current()?.revision).toBe(before?.revision)
})

test('activations asked for at once run one after the other: the last one counts', async () => {
  const holder = createBundleHolder({ now: () => 5, loadPolicy })
  const outcomes = await Promise.all([secondBytes, defaultBytes, secondBytes].map(holder.activate))
  expect(outcomes.every(({ activated }) => activated)).toBe(true)
  expect(holder.current()?.evaluate(promoted, 'q_1').allowed).toBe(true)
})
