import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TenantView } from '#core/tenant-view.ts'
import type { WhatIf } from '#core/what-if.ts'
import { effectsOf } from '#postgres/effects-of.ts'
import type { Tx } from '#postgres/pool.ts'
import { rehearse } from '#postgres/rehearse.ts'
import { newId } from '#postgres/uuid.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { must, pictureOf } from './picture.ts'
import { openStand, type Stand } from './stand.ts'
import { doStep, identitiesOf, makeWorld, step, type World } from './world.ts'

let stand: Stand
let world: World
let started: RunningSnapshot
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'one')
  started = await stand.startDeaf()
})
afterAll(() => stand.drop())

function picture(view: TenantView) {
  const { place: _, ...rest } = pictureOf(view, world, identitiesOf(world))
  const pools = world.pools.map((id) => {
    const pool = view.seatPool(id)
    return pool && { ...pool, rank: undefined, ranks: world.subjects.map((subject) => pool.rank(subject)) }
  })
  return { ...rest, pools }
}

async function whatIf(effects: Parameters<RunningSnapshot['whatIf']>[1]): Promise<WhatIf> {
  const what = await started.whatIf(world.tenant, effects)
  if (!what) throw new Error('The tenant is not loaded.')
  return what
}

/** Writes, and looks at what would be before it is. */
async function foreseen(work: (tx: Tx) => Promise<unknown>) {
  const { result, revision } = await stand.write(world.tenant, async (tx) => {
    await work(tx)
    const what = await whatIf(await effectsOf(tx, world.tenant))
    return { what, before: picture(what.before), after: picture(what.after) }
  })
  expect(picture(must(started.snapshot, world.tenant))).toEqual(result.before)
  await started.snapshot.wait(world.tenant, revision.revision, 10_000)
  return { ...result, now: picture(must(started.snapshot, world.tenant)) }
}

test('what would be after any transaction is what the feed then makes of it', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const { after, now } = await foreseen(async (tx) => {
        for (const each of steps) await doStep(tx, world, each)
      })
      expect(after).toEqual(now)
    }),
    { numRuns: 150 },
  )
})

test('a pool whose rule changes, a seat that moves, a purchase that ends', async () => {
  const [pool = '', organization = ''] = [world.pools[3], world.organizations[3]]
  const { tenant, subjects } = world
  const bought = newId()
  const { after, now } = await foreseen(async (tx) => {
    await tx`update vouchsafe.seat_pools set on_shrink = 'suspend_newest' where tenant_id = ${tenant} and id = ${pool}`
    await tx`insert into vouchsafe.grants (tenant_id, id, organization_id, entitlement_id, pool_id, quantity, source, starts_at)
      values (${tenant}, ${bought}, ${organization}, ${world.entitlements[0] ?? ''}, ${pool}, 1, 'contract', now())`
    for (const subject of subjects)
      await tx`insert into vouchsafe.seats (tenant_id, id, pool_id, subject_id, assigned_at)
        values (${tenant}, ${newId()}, ${pool}, ${subject}, now()) on conflict do nothing`
  })
  expect(after).toEqual(now)
  const ended = await foreseen(async (tx) => {
    await tx`update vouchsafe.grants set revoked_at = now() where tenant_id = ${tenant} and id = ${bought}`
    await tx`update vouchsafe.seats set released_at = now()
      where tenant_id = ${tenant} and pool_id = ${pool} and subject_id = ${subjects[0] ?? ''}`
  })
  expect(ended.after).toEqual(ended.now)
  // Whether a seat counts hangs on those before it.
  for (const subject of subjects) expect(ended.what.touched.get(subject)).toBe('all')
})

test('everybody with a row is there, once: those who would be new and those who would be gone', async () => {
  const made = newId()
  const { effects } = await rehearse(stand.sql, world.tenant, async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id) values (${world.tenant}, ${made})`
    await tx`update vouchsafe.subjects set deleted_at = now() where tenant_id = ${world.tenant} and id = ${world.subjects[0] ?? ''}`
  })
  const what = await whatIf(effects)
  expect([...what.subjects()].sort()).toEqual([...world.subjects, made].sort())
  expect(what.before.subject(made)).toBeUndefined()
  expect(what.after.subject(world.subjects[0] ?? '')?.deleted).toBe(true)
})

test('a rehearsal leaves nothing: no row, no revision, no effect', async () => {
  const state = () => stand.sql`
    select (select count(*) from vouchsafe.effect) as effects, (select count(*) from vouchsafe.change) as changes,
      (select count(*) from vouchsafe.subjects) as subjects, (select count(*) from vouchsafe.open_transaction) as open,
      (select max(revision) from vouchsafe.head) as revision`
  const before = await state()
  const { result, effects, revision } = await rehearse(stand.sql, world.tenant, async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id) values (${world.tenant}, ${newId()})`
    return 'made'
  })
  expect(result).toBe('made')
  expect(effects).toMatchObject([{ table_name: 'subjects', op: 'insert' }])
  expect(revision.revision).toBe(must(started.snapshot, world.tenant).revision)
  expect(await state()).toEqual(before)
  const failing = rehearse(stand.sql, world.tenant, async () => Promise.reject(new Error('refused')))
  await expect(failing).rejects.toThrow('refused')
  await expect(rehearse(stand.sql, newId(), async () => 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
