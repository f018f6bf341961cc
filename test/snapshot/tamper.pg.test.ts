import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '#postgres/pool.ts'
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

type Attack = (tx: Tx, tenant: string, revision: number) => Promise<unknown>
const effectOf = (tx: Tx, tenant: string, revision: number) =>
  tx`(select xid from vouchsafe.change where tenant_id = ${tenant} and revision = ${revision})`

const attacks: readonly [name: string, cause: string, alarms: number, attack: Attack][] = [
  [
    'an edited row image',
    'effect',
    1,
    (tx, tenant, revision) => tx`
      update vouchsafe.effect set after = jsonb_set(after, '{source_ref}', '"forged"') where tenant_id = ${tenant} and xid = ${effectOf(tx, tenant, revision)}`,
  ],
  [
    'a deleted effect',
    'count',
    1,
    (tx, tenant, revision) => tx`
      delete from vouchsafe.effect where tenant_id = ${tenant} and xid = ${effectOf(tx, tenant, revision)} and ordinal = 1`,
  ],
  [
    'an effect swapped for one that proves itself',
    'digest',
    1,
    (tx, tenant, revision) => tx`
      update vouchsafe.effect e set (table_name, op, key, after, salt, hash) =
        (select o.table_name, o.op, o.key, o.after, o.salt, o.hash from vouchsafe.effect o where o.tenant_id = ${tenant} and o.xid <> e.xid limit 1)
      where e.tenant_id = ${tenant} and e.xid = ${effectOf(tx, tenant, revision)} and e.ordinal = 1`,
  ],
  [
    'an edited actor',
    'header',
    1,
    (tx, tenant, revision) =>
      tx`update vouchsafe.change set actor = 'nobody' where tenant_id = ${tenant} and revision = ${revision}`,
  ],
  [
    'an edited time',
    'chain',
    1,
    (tx, tenant, revision) =>
      tx`update vouchsafe.change set at = at - interval '1 hour' where tenant_id = ${tenant} and revision = ${revision}`,
  ],
  [
    'a deleted change',
    'gap',
    1,
    (tx, tenant, revision) =>
      tx`delete from vouchsafe.change where tenant_id = ${tenant} and revision = ${revision}`,
  ],
  [
    'F18 history pruned past the cursor',
    'gap',
    1,
    (tx, tenant) => tx`delete from vouchsafe.change where tenant_id = ${tenant}`,
  ],
  [
    'a head that went back',
    'went_back',
    1,
    (tx, tenant) => tx`update vouchsafe.head set revision = 1 where tenant_id = ${tenant}`,
  ],
  [
    'an erased row image',
    'erased',
    0,
    (tx, tenant, revision) =>
      tx`update vouchsafe.effect set after = null, salt = null where tenant_id = ${tenant} and xid = ${effectOf(tx, tenant, revision)}`,
  ],
  [
    'a new epoch',
    'epoch',
    0,
    (tx, tenant) => tx`update vouchsafe.head set epoch = gen_random_uuid() where tenant_id = ${tenant}`,
  ],
]

test.each(attacks)(
  'F17 %s: the tenant is loaded again, cause %s, alarms %i',
  async (name, cause, alarms, attack) => {
    const tampered = await makeWorld(stand, `t${newId().slice(-8)}`)
    const { snapshot, status, wake, stop } = await stand.startDeaf()
    const { revision } = await grant(tampered, name)
    await grant(tampered, `${name} after`)
    await stand.tamper((tx) => attack(tx, tampered.tenant, revision.revision))
    wake()
    await snapshot.refresh(5000)
    expect(status()).toMatchObject({ alarms, reloads: { [cause]: 1 }, reloading: 0 })
    const fresh = (await freshViews(stand.sql)).get(tampered.tenant)
    if (fresh === undefined) throw new Error('The tenant was not loaded.')
    const ids = identitiesOf(tampered)
    expect(pictureOf(must(snapshot, tampered.tenant), tampered, ids)).toEqual(pictureOf(fresh, tampered, ids))

    const other = await grant(world, 'others are served')
    wake()
    await snapshot.wait(world.tenant, other.revision.revision, 5000)
    await stop()
  },
)

test('F17 the same revision with another chain, as after a fail-over that lost it, is seen without any new change', async () => {
  const lost = await makeWorld(stand, 'lost')
  const { snapshot, status, wake } = await stand.startDeaf()
  await stand.tamper(
    (tx) => tx`update vouchsafe.head set chain = sha256('other') where tenant_id = ${lost.tenant}`,
  )
  wake()
  await eventually(() => status().reloads.forked === 1, 'it is seen')
  await snapshot.refresh(5000)
  expect(status()).toMatchObject({ alarms: 1, reloading: 0 })
})

test('where the heads cannot be seen, nothing is thrown away', async () => {
  const blind = await openStand()
  const seen = await makeWorld(blind, 'seen')
  const { snapshot, status, wake } = await blind.startDeaf()
  await blind.sql`alter policy feed on vouchsafe.head using (false)`
  wake()
  await eventually(() => status().last_error !== undefined, 'the poll fails')
  expect(snapshot.tenant(seen.tenant)).toBeDefined()
  await blind.sql`alter policy feed on vouchsafe.head using (true)`
  await snapshot.refresh(5000)
  expect(status().last_error).toBeUndefined()
  await blind.drop()
})

function grant({ tenant, subjects, entitlements }: World, ref: string) {
  return stand.write(
    tenant,
    (tx) => tx`
    insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
    values (${tenant}, ${newId()}, ${subjects[0] ?? ''}, ${entitlements[0] ?? ''}, 'admin', ${ref}, now())`,
  )
}
