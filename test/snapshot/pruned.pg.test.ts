import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pruneAudit } from '#main/prune-audit.ts'
import { freshViews } from './fresh.ts'
import { must, pictureOf } from './picture.ts'
import { openStand, type Stand } from './stand.ts'
import { doStep, identitiesOf, makeWorld, step, type World } from './world.ts'

let stand: Stand
let world: World
const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-pruned-'))
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'pruned')
})
afterAll(async () => {
  await stand?.drop()
  rmSync(folder, { recursive: true })
})

async function write(seed: number): Promise<void> {
  for (const steps of fc.sample(fc.array(step, { minLength: 1, maxLength: 6 }), { numRuns: 10, seed })) {
    await stand.write(world.tenant, async (tx) => {
      for (const each of steps) await doStep(tx, world, each)
    })
  }
}

const prune = (name: string) =>
  pruneAudit(stand.sql, {
    tenant: world.tenant,
    before: Date.now() + 1000,
    fileOf: () => join(folder, name),
    heads: [],
    reason: 'retention',
  })

test('S003-36 a server follows a pruning; one that was behind it loads the tenant again, without an alarm', async () => {
  const following = await stand.start()
  const behind = await stand.startDeaf()
  await write(1)
  await prune('first')
  await write(2)
  const { revision } = await stand.write(
    world.tenant,
    (tx) => tx`update vouchsafe.subjects set kind = 'service' where tenant_id = ${world.tenant}`,
  )
  await following.snapshot.wait(world.tenant, revision.revision, 10_000)
  await behind.snapshot.wait(world.tenant, revision.revision, 10_000)
  await expect.poll(() => behind.status().reloading).toBe(0)
  const fresh = (await freshViews(stand.sql)).get(world.tenant)
  const identities = identitiesOf(world)
  for (const { snapshot } of [following, behind]) {
    expect(must(snapshot, world.tenant).revision).toBe(revision.revision)
    expect(pictureOf(must(snapshot, world.tenant), world, identities)).toEqual(
      pictureOf(fresh as NonNullable<typeof fresh>, world, identities),
    )
  }
  expect(behind.status()).toMatchObject({ alarms: 0, reloads: { pruned: 1 } })
  expect(following.status()).toMatchObject({ alarms: 0 })
})
