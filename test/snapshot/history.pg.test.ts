import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { freshViews } from './fresh.ts'
import { must, pictureOf } from './picture.ts'
import { openStand, type Stand } from './stand.ts'
import { doStep, identitiesOf, makeWorld, step, type World } from './world.ts'

let stand: Stand
let worlds: readonly [World, World]
let started: RunningSnapshot
beforeAll(async () => {
  stand = await openStand()
  worlds = [await makeWorld(stand, 'left'), await makeWorld(stand, 'right')]
  started = await stand.start({ largestChange: 1000 })
})
afterAll(() => stand.drop())

const transaction = fc.record({
  world: fc.nat({ max: 1 }),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  abort: fc.nat({ max: 5 }),
})

test('S003-29 F15 after any history of two tenants, what the feed made is what a full load says', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 12 }), async (transactions) => {
      const ends = await Promise.all(
        transactions.map(async ({ world: index, steps, abort }) => {
          const world = worlds[index as 0 | 1]
          const written = stand.write(world.tenant, async (tx) => {
            for (const each of steps) await doStep(tx, world, each)
            if (abort === 0) throw new Error('aborted')
          })
          return (await written.catch(() => undefined))?.revision
        }),
      )
      for (const end of ends) if (end) await started.snapshot.wait(end.tenant, end.revision, 10_000)
      const fresh = await freshViews(stand.sql)
      for (const world of worlds) {
        const expected = fresh.get(world.tenant)
        if (expected === undefined) throw new Error('The tenant was not loaded.')
        const identities = identitiesOf(world)
        expect(pictureOf(must(started.snapshot, world.tenant), world, identities)).toEqual(
          pictureOf(expected, world, identities),
        )
      }
    }),
    { numRuns: 60 },
  )
  for (const { tenant } of worlds) expect(must(started.snapshot, tenant).revision).toBeGreaterThan(50)
  expect(started.status()).toMatchObject({ alarms: 0, reloads: {}, poison: {} })
})
