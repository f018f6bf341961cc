import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { startSnapshot } from '#snapshot/start-snapshot.ts'
import { must } from './picture.ts'
import { eventually, openStand, quiet, type Stand } from './stand.ts'
import { makeWorld, type World } from './world.ts'

let stand: Stand
let world: World
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'feed')
})
afterAll(() => stand.drop())

test('wait never resolves with less than was asked, under writers', async () => {
  const { snapshot } = await stand.startDeaf()
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < 15; n++) {
        const { revision } = await grant(`wait-${writer}-${n}`)
        await snapshot.wait(world.tenant, revision.revision, 5000)
        expect(must(snapshot, world.tenant).revision).toBeGreaterThanOrEqual(revision.revision)
        expect(refs()).toContain(`wait-${writer}-${n}`)
      }
    }),
  )
  function refs() {
    return must(snapshot, world.tenant)
      .grants(world.subjects[0] ?? '', () => true)
      .map(({ source_ref }) => source_ref)
  }
})

test('wait for what does not come is refused at the timeout, and leaves nothing behind', async () => {
  const { snapshot } = await stand.startDeaf()
  const { revision } = must(snapshot, world.tenant)
  await expect(snapshot.wait(world.tenant, revision + 1000, 50)).rejects.toMatchObject({
    code: 'NOT_FRESH_ENOUGH',
  })
  await expect(snapshot.wait(newId(), 1, 50)).rejects.toMatchObject({ code: 'NOT_FRESH_ENOUGH' })
  await expect(snapshot.wait('no such', 1, 50)).rejects.toMatchObject({ code: 'NOT_FRESH_ENOUGH' })
  await snapshot.wait('feed', revision, 0)
})

test('refresh sees every commit that was answered before it was called', async () => {
  const { snapshot } = await stand.startDeaf()
  for (let n = 0; n < 30; n++) {
    const { revision } = await grant(`refresh-${n}`)
    await snapshot.refresh(5000)
    expect(must(snapshot, world.tenant).revision).toBeGreaterThanOrEqual(revision.revision)
  }
})

test('before the first load there is no age and no tenant; it starts with the database away and loads when it is there', async () => {
  const started = startSnapshot({
    open: () => openPool({ url: 'postgres://x@127.0.0.1:1/x' }),
    openListener: () => openPool({ url: 'postgres://x@127.0.0.1:1/x', max: 1 }),
    log: quiet,
  })
  expect(started.snapshot.ageMs()).toBe(Number.POSITIVE_INFINITY)
  expect(started.snapshot.tenant('feed')).toBeUndefined()
  await eventually(() => started.status().last_error !== undefined, 'the load fails')
  expect(started.status().loaded).toBe(false)
  await started.stop()
  await expect(started.ready).rejects.toThrow('stopped')
})

test('S002-29 F3 with every connection cut and the database closed it goes on answering; afterwards it catches up by itself', async () => {
  const { snapshot, status } = await stand.start()
  const before = must(snapshot, world.tenant).revision
  const outside = openPool({ url: new URL('/postgres', stand.url).href, max: 1 })
  const name = new URL(stand.url).pathname.slice(1)
  await outside.unsafe(`alter database ${name} allow_connections false`)
  await outside`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  await eventually(() => status().last_error !== undefined, 'a poll fails')
  const age = snapshot.ageMs()
  await eventually(() => snapshot.ageMs() > age + 300, 'the age grows')
  expect(must(snapshot, world.tenant).grants(world.subjects[0] ?? '', () => true).length).toBeGreaterThan(0)
  expect(must(snapshot, world.tenant).revision).toBe(before)
  await expect(snapshot.refresh(100)).rejects.toMatchObject({ code: 'NOT_FRESH_ENOUGH' })
  await outside.unsafe(`alter database ${name} allow_connections true`)
  await outside.end()
  const { revision } = await grant('after the outage')
  await eventually(() => must(snapshot, world.tenant).revision >= revision.revision, 'it catches up')
  await eventually(
    () => status().listen === 'listening' && status().last_error === undefined,
    'it is well again',
  )
  expect(status().alarms).toBe(0)
})

async function grant(ref: string) {
  for (;;) {
    const written = await stand
      .write(
        world.tenant,
        (tx) => tx`
        insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
        values (${world.tenant}, ${newId()}, ${world.subjects[0] ?? ''}, ${world.entitlements[0] ?? ''}, 'admin', ${ref}, now())`,
      )
      .catch(() => undefined)
    if (written) return written
  }
}
