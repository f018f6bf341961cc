import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPool, type Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { type FaultProxy, faultProxy } from '#test/postgres/fault-proxy.ts'
import { freshViews } from './fresh.ts'
import { must, pictureOf } from './picture.ts'
import { eventually, openStand, type Stand, type StartOptions } from './stand.ts'
import { identitiesOf, makeWorld, type World } from './world.ts'

let stand: Stand
let world: World
let proxy: FaultProxy
beforeEach(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'world')
  proxy = await faultProxy(stand.url)
})
afterEach(async () => {
  await proxy.close()
  await stand.drop()
})

test('F1 a database that is not there at the start is waited for, and loaded when it is', async () => {
  proxy.refuse(true)
  const starting = start()
  await grant('before')
  proxy.refuse(false)
  const { snapshot } = await starting
  expect(refs(snapshot)).toEqual(['before'])
})

test('F4 connections that went silent for ever are given up and replaced, as those of a host that vanished', async () => {
  const { snapshot, status } = await start({ pollMs: 20, patienceMs: 100 })
  for (let round = 0; round < 3; round++) {
    proxy.silence()
    await eventually(() => status().last_error !== undefined, 'a poll is given up')
    expect(must(snapshot, world.tenant).revision).toBeGreaterThan(0)
    const { revision } = await grant(`round ${round}`)
    await eventually(() => must(snapshot, world.tenant).revision >= revision.revision, 'it is applied')
    await eventually(() => status().last_error === undefined, 'it is well again')
  }
})

test('F5 a slow database makes the snapshot older, not wrong', async () => {
  const { snapshot, status } = await start({ patienceMs: 60_000 })
  proxy.delay(100)
  const { revision } = await grant('slow')
  await snapshot.wait(world.tenant, revision.revision, 20_000)
  expect(snapshot.ageMs()).toBeGreaterThan(0)
  expect(status()).toMatchObject({ alarms: 0 })
  await isWhole(snapshot)
})

test('F8 connections that are reset, busy or idle, a hundred times: nothing is lost and nothing throws', async () => {
  const { snapshot, status } = await start({ pollMs: 5 })
  for (let round = 0; round < 100; round++) {
    proxy.reset()
    if (round % 10 === 0) await grant(`round ${round}`)
    await new Promise((resolve) => setTimeout(resolve, round % 7))
  }
  const { revision } = await grant('last')
  await snapshot.wait(world.tenant, revision.revision, 20_000)
  await eventually(() => status().listen === 'listening', 'it listens again')
  expect(status()).toMatchObject({ alarms: 0, reloads: {} })
  await isWhole(snapshot)
})

test('F8 a connection cut in the middle of a poll or a load leaves the last whole state, and the next one brings the rest', {
  timeout: 300_000,
}, async () => {
  const { snapshot, status, wake } = await start({ pollMs: 100_000_000, largestChange: 6 })
  // Two facts a change, so that half of one would show; every fourth change is too large and is loaded.
  const counts = () => Object.keys(must(snapshot, world.tenant).facts(world.subjects[0] ?? '')).length
  for (const pieces of [0, 1, 3, 6, 7]) {
    const size = pieces % 4 === 3 ? 8 : 2
    const before = counts()
    proxy.cutAfter(pieces)
    const { revision } = await facts(size)
    wake(world.tenant)
    await eventually(() => {
      const now = counts()
      expect([before, before + size]).toContain(now)
      if (must(snapshot, world.tenant).revision < revision.revision) wake(world.tenant)
      return must(snapshot, world.tenant).revision >= revision.revision
    }, 'it is applied')
    expect(counts()).toBe(before + size)
  }
  expect(status().alarms).toBe(0)
  await isWhole(snapshot)
})

test('F9 where the answer to a commit was lost, the feed tells what became of it', {
  timeout: 300_000,
}, async () => {
  const { snapshot } = await start()
  // The writer's own network: the feed's stays whole.
  const broken = await faultProxy(stand.url)
  const through = openPool({ url: broken.url, max: 1 })
  const outcomes = new Set<boolean>()
  for (let pieces = 0; pieces < 30; pieces++) {
    const [id, scope] = [newId(), { tenant: world.tenant, actor: 'test', action: 'Test' }]
    broken.cutAfter(pieces)
    const insert = (tx: Tx) =>
      tx`insert into vouchsafe.subjects (tenant_id, id) values (${world.tenant}, ${id})`
    await withTenant(through, scope, insert).catch(() => undefined)
    broken.cutAfter(Number.POSITIVE_INFINITY)
    await snapshot.refresh(20_000)
    const [row] =
      await stand.sql`select from vouchsafe.subjects where tenant_id = ${world.tenant} and id = ${id}`
    outcomes.add(row !== undefined)
    expect(must(snapshot, world.tenant).subject(id) !== undefined).toBe(row !== undefined)
  }
  expect(outcomes.size).toBe(2)
  await broken.close()
  await through.end({ timeout: 0 })
  await isWhole(snapshot)
})

async function start(options: StartOptions = {}): Promise<RunningSnapshot> {
  const open = () => openPool({ url: proxy.url, max: 3 })
  return stand.start({ open, openListener: () => openPool({ url: proxy.url, max: 1 }), ...options })
}

let numbers = 0
function facts(size: number) {
  const from = numbers
  numbers += size
  return stand.write(
    world.tenant,
    (tx) => tx`
      insert into vouchsafe.facts (tenant_id, subject_id, key, value)
      select ${world.tenant}, ${world.subjects[0] ?? ''}, 'fact ' || n, '1' from generate_series(${from}::int, ${from + size - 1}::int) n`,
  )
}

function grant(ref: string) {
  return stand.write(
    world.tenant,
    (tx) => tx`
      insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
      values (${world.tenant}, ${newId()}, ${world.subjects[0] ?? ''}, ${world.entitlements[0] ?? ''}, 'admin', ${ref}, now())`,
  )
}

function refs(snapshot: RunningSnapshot['snapshot']): string[] {
  const grants = must(snapshot, world.tenant).grants(world.subjects[0] ?? '', () => true)
  return grants.map(({ source_ref }) => source_ref)
}

async function isWhole(snapshot: RunningSnapshot['snapshot']): Promise<void> {
  const fresh = (await freshViews(stand.sql)).get(world.tenant)
  if (fresh === undefined) throw new Error('The tenant was not loaded.')
  const ids = identitiesOf(world)
  expect(pictureOf(must(snapshot, world.tenant), world, ids)).toEqual(pictureOf(fresh, world, ids))
}
