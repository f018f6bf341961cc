import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppliedChange } from '#core/tenant-view.ts'
import { openPool } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { freshViews } from './fresh.ts'
import { must, pictureOf } from './picture.ts'
import { eventually, openStand, type Stand } from './stand.ts'
import { identitiesOf, makeWorld, type World } from './world.ts'

let stand: Stand
let world: World
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'feed')
})
afterAll(() => stand.drop())

test('F12 what was told while the listener was cut off is applied all the same', async () => {
  const { snapshot, status } = await stand.start()
  await eventually(() => status().listen === 'listening', 'it listens')
  for (let round = 0; round < 100; round++) {
    if (round % 30 === 0)
      await stand.sql`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()`
    await grant(`f12-${round}`)
  }
  const [head] = await stand.sql`select revision from vouchsafe.head where tenant_id = ${world.tenant}`
  await eventually(() => must(snapshot, world.tenant).revision === head?.revision, 'all is applied')
  await eventually(() => status().listen === 'listening', 'it listens again')
  expect(refsOf(must(snapshot, world.tenant)).filter((ref) => ref.startsWith('f12-'))).toHaveLength(100)
})

test('a notification alone brings a change, without a poll of all', async () => {
  const { snapshot, status } = await stand.start({ pollMs: 100_000_000 })
  await eventually(() => status().listen === 'listening', 'it listens')
  const { revision } = await grant('told')
  await eventually(() => must(snapshot, world.tenant).revision >= revision.revision, 'it is applied')
})

test('F13 where LISTEN works but nothing arrives, it warns and polls', async () => {
  const elsewhere = new URL(stand.url)
  elsewhere.pathname = '/postgres'
  const warnings: string[] = []
  const { snapshot, status } = await stand.start({
    openListener: () => openPool({ url: elsewhere.href, max: 1 }),
    probeMs: 50,
    log: { info() {}, error() {}, warn: (_, message) => void warnings.push(message) },
  })
  await eventually(() => status().listen === 'polling', 'it polls')
  expect(warnings).toContainEqual(expect.stringContaining('DATABASE_DIRECT_URL'))
  const { revision } = await grant('pooled')
  await eventually(() => must(snapshot, world.tenant).revision >= revision.revision, 'it is applied')
})

test('F15 transactions that commit in another order than they began are all applied', async () => {
  const { snapshot, wake } = await stand.startDeaf()
  const order: string[] = []
  const held = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
  const begun = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
  const writers = held.map(async ({ promise }, n) => {
    await stand.write(world.tenant, async (tx) => {
      await insertGrant(tx, `f15-${n}`)
      begun[n]?.resolve()
      await promise
    })
    order.push(`f15-${n}`)
  })
  await Promise.all(begun.map(({ promise }) => promise))
  for (const n of [3, 0, 5, 1, 4, 2]) {
    held[n]?.resolve()
    await writers[n]
    wake()
    await snapshot.refresh(5000)
    const seen = refsOf(must(snapshot, world.tenant)).filter((ref) => ref.startsWith('f15-'))
    expect(seen.sort()).toEqual([...order].sort())
  }
})

test('F16 a transaction that was open for long stalls nobody and is not missed', async () => {
  const { snapshot } = await stand.start()
  const [opened, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow = stand.write(world.tenant, async (tx) => {
    await insertGrant(tx, 'slow')
    opened.resolve()
    await release.promise
  })
  await opened.promise
  for (let n = 0; n < 20; n++) {
    const { revision } = await grant(`f16-${n}`)
    await snapshot.wait(world.tenant, revision.revision, 5000)
  }
  expect(refsOf(must(snapshot, world.tenant))).not.toContain('slow')
  release.resolve()
  const { revision } = await slow
  await snapshot.wait(world.tenant, revision.revision, 5000)
  expect(refsOf(must(snapshot, world.tenant))).toContain('slow')
})

test('F19 a load that runs while others write is one moment, and the feed goes on from there', async () => {
  let writing = true
  const writer = (async () => {
    for (let n = 0; writing; n++) await grant(`f19-${n}`)
  })()
  for (let round = 0; round < 5; round++) {
    const { snapshot, status, stop } = await stand.start()
    const { revision } = await grant(`f19 mark ${round}`)
    await snapshot.wait(world.tenant, revision.revision, 5000)
    expect(refsOf(must(snapshot, world.tenant))).toContain(`f19 mark ${round}`)
    expect(status()).toMatchObject({ alarms: 0, reloads: {} })
    await stop()
  }
  writing = false
  await writer
  const { snapshot } = await stand.start()
  const fresh = (await freshViews(stand.sql)).get(world.tenant)
  if (fresh === undefined) throw new Error('The tenant was not loaded.')
  const picture = pictureOf(must(snapshot, world.tenant), world, identitiesOf(world))
  expect(picture).toEqual(pictureOf(fresh, world, identitiesOf(world)))
})

test('a tenant made later, and a change too large to apply, are loaded by themselves', async () => {
  const { snapshot, status } = await stand.start({ largestChange: 50 })
  const later = await makeWorld(stand, 'later')
  await eventually(() => snapshot.tenant('later') !== undefined, 'the tenant is there')
  const { revision } = await stand.write(
    later.tenant,
    (tx) => tx`
    insert into vouchsafe.facts (tenant_id, subject_id, key, value)
    select ${later.tenant}, ${later.subjects[0] ?? ''}, 'fact ' || n, '1' from generate_series(1, 51) n`,
  )
  await snapshot.wait(later.tenant, revision.revision, 5000)
  expect(Object.keys(must(snapshot, later.tenant).facts(later.subjects[0] ?? ''))).toHaveLength(51)
  expect(status()).toMatchObject({ alarms: 0, reloads: { size: 1 } })
})

test('listeners are told of each change in order, of whom it touched, in a later tick', async () => {
  const { snapshot } = await stand.startDeaf()
  const told: AppliedChange[] = []
  snapshot.subscribe(() => {
    throw new Error('a listener that fails')
  })
  const unsubscribe = snapshot.subscribe((change) => told.push(change))
  const [subject = '', other = ''] = world.subjects
  const mine = await grant('told of', subject)
  const archived = await stand.write(
    world.tenant,
    (tx) =>
      tx`update vouchsafe.entitlements set name = 'new' where tenant_id = ${world.tenant} and id = ${world.entitlements[0] ?? ''}`,
  )
  const fact = await stand.write(
    world.tenant,
    (tx) =>
      tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value) values (${world.tenant}, ${other}, 'told', '1')`,
  )
  await snapshot.refresh(5000)
  await eventually(() => told.length === 3, 'all was told')
  unsubscribe()
  const { epoch } = mine.revision
  expect(told.map(({ at: _, ...change }) => change)).toEqual([
    {
      tenant: world.tenant,
      epoch,
      revision: mine.revision.revision,
      subjects: [subject],
      tenant_wide: false,
    },
    { tenant: world.tenant, epoch, revision: archived.revision.revision, subjects: [], tenant_wide: true },
    { tenant: world.tenant, epoch, revision: fact.revision.revision, subjects: [other], tenant_wide: false },
  ])
})

function grant(ref: string, subject?: string) {
  return stand.write(world.tenant, (tx) => insertGrant(tx, ref, subject))
}

async function insertGrant(
  tx: Parameters<Parameters<Stand['write']>[1]>[0],
  ref: string,
  subject = world.subjects[1] ?? '',
) {
  await tx`
    insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
    values (${world.tenant}, ${newId()}, ${subject}, ${world.entitlements[1] ?? ''}, 'admin', ${ref}, now())`
}

function refsOf(view: ReturnType<typeof must>): string[] {
  return view.grants(world.subjects[1] ?? '', () => true).map(({ source_ref }) => source_ref)
}
