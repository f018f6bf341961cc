import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { underReference } from '#admin/revoke-by-reference.ts'
import type { Tx } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { newId } from '#postgres/uuid.ts'
import { walkChain } from '#postgres/verify-chain.ts'
import { openStand, type Stand } from '#test/snapshot/stand.ts'
import { makeWorld, type World } from '#test/snapshot/world.ts'

let stand: Stand
let world: World
let foreign: World
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'own')
  foreign = await makeWorld(stand, 'other')
})
afterAll(() => stand?.drop())

type Right = {
  readonly subject?: string
  readonly organization?: string
  readonly entitlement?: string
  readonly module?: string
}

function give(tx: Tx, { subject, organization, entitlement = world.entitlements[0], module }: Right) {
  const list = (id: string | undefined) => (id === undefined ? [] : [id])
  return tx`select vouchsafe.import_rights(${[newId()]}::uuid[], ${list(subject)}::uuid[], ${list(organization)}::uuid[], '{1}',
    ${list(entitlement)}::uuid[], '{}', '{}', '{1}', ${list(module)}::text[], '{full}', '{}', '{backfill}', '{file}', '{import}', '{0}',
    '{}', now(), true) as added`
}

const person = () => newId()
const people = (tx: Tx, ids: readonly string[]) =>
  tx`select vouchsafe.import_people(${ids as string[]}::uuid[], ${ids.map(() => world.iss)}::text[], ${ids as string[]}::text[],
    array_fill(null::text, array[${ids.length}::integer]))`

test('foreign keys are not looked for again for each row, where whoever migrated may switch that off', async () => {
  const settings = await stand.sql<{ set: string[]; may: boolean }[]>`
    select proconfig as set, current_setting('is_superuser') = 'on' as may from pg_proc
    where proname in ('import_people', 'import_rights')`
  expect(settings).toHaveLength(2)
  for (const { set, may } of settings)
    expect(String(set).includes('session_replication_role=replica')).toBe(may)
})

describe('what is imported refers to what is there, in the tenant of the transaction', () => {
  const nobody = newId()
  test.each<readonly [string, () => Right]>([
    ['a person that is not there', () => ({ subject: nobody })],
    ['a person of another tenant', () => ({ subject: foreign.subjects[0] ?? '' })],
    ['an organization of another tenant', () => ({ organization: foreign.organizations[0] ?? '' })],
    [
      'an entitlement of another tenant',
      () => ({ subject: world.subjects[0] ?? '', entitlement: foreign.entitlements[0] ?? '' }),
    ],
    ['a module that is not there', () => ({ subject: world.subjects[0] ?? '', module: 'none' })],
  ])('%s is refused', async (_, right) => {
    const written = stand.write(world.tenant, (tx) => give(tx, right()))
    await expect(written).rejects.toMatchObject({ code: 'NOT_FOUND', cause: { code: '23503' } })
  })

  test('what is there is given, and recorded', async () => {
    const id = person()
    const { changed } = await stand.write(world.tenant, async (tx) => {
      await people(tx, [id])
      await give(tx, { subject: id, module: 'm1' })
      await give(tx, { organization: world.organizations[1] ?? '' })
    })
    expect(changed).toBe(true)
    const verified = await readFeed(stand.sql, (tx) => walkChain(tx, world.tenant))
    expect(verified.broken).toBeUndefined()
  })

  test('a row that is referred to cannot go before the import ends', async () => {
    const [started, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const written = stand.write(world.tenant, async (tx) => {
      await give(tx, { subject: world.subjects[1] ?? '', entitlement: world.entitlements[2] ?? '' })
      started.resolve()
      await go.promise
    })
    await started.promise
    const removed = stand.write(world.tenant, async (tx) => {
      await tx`set local lock_timeout = '200ms'`
      await tx`delete from vouchsafe.entitlements where tenant_id = ${world.tenant} and id = ${world.entitlements[2] ?? ''}`
    })
    await expect(removed).rejects.toMatchObject({ code: '55P03' })
    go.resolve()
    await written
  })

  test('a row that goes while the import waits for it is refused', async () => {
    const [removed, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const entitlement = newId()
    await stand.write(
      world.tenant,
      (tx) =>
        tx`insert into vouchsafe.entitlements (tenant_id, id, key, combine) values (${world.tenant}, ${entitlement}, 'goes', 'any')`,
    )
    const removal = stand.write(world.tenant, async (tx) => {
      await tx`delete from vouchsafe.entitlements where tenant_id = ${world.tenant} and id = ${entitlement}`
      removed.resolve()
      await go.promise
    })
    await removed.promise
    const written = stand.write(world.tenant, async (tx) => {
      setTimeout(go.resolve, 100)
      await give(tx, { subject: world.subjects[1] ?? '', entitlement })
    })
    await expect(written).rejects.toMatchObject({ code: 'NOT_FOUND', cause: { code: '23503' } })
    await removal
  })

  test('a row that goes in the same transaction, after the import, is refused', async () => {
    const entitlement = newId()
    const after = stand.write(world.tenant, async (tx) => {
      await tx`insert into vouchsafe.entitlements (tenant_id, id, key, combine) values (${world.tenant}, ${entitlement}, 'after', 'any')`
      await give(tx, { subject: world.subjects[1] ?? '', entitlement })
      await tx`delete from vouchsafe.entitlements where tenant_id = ${world.tenant} and id = ${entitlement}`
    })
    await expect(after).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('other writers are held by the foreign keys, as before', async () => {
    const written = stand.write(
      world.tenant,
      (tx) => tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, starts_at)
        values (${world.tenant}, ${newId()}, ${nobody}, ${world.entitlements[0] ?? ''}, 'admin', now())`,
    )
    await expect(written).rejects.toMatchObject({
      cause: { constraint_name: 'grants_tenant_id_subject_id_fkey' },
    })
  })
})

test('S003-43 S004-30 what was given under a reference is found by two indexes: what was imported has no entry for each right', async () => {
  const { tenant, entitlements } = world
  await stand.write(tenant, async (tx) => {
    const ids = Array.from({ length: 3000 }, person)
    await people(tx, ids)
    await tx`select vouchsafe.import_rights(${ids.map(person)}::uuid[], ${ids as string[]}::uuid[], '{}', ${ids.map((_, n) => n + 1)}::integer[],
      ${[entitlements[0] ?? '']}::uuid[], '{}', '{}', ${ids.map(() => 1)}::integer[], '{}', '{full}', '{}', '{backfill}', '{of-plan}', '{import}',
      ${ids.map(() => 0)}::bigint[], '{}', now(), true)`
    await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
      values (${tenant}, ${newId()}, ${ids[0] ?? ''}, ${entitlements[0] ?? ''}, 'backfill', 'of-plan', now())`
  })
  await stand.sql`vacuum analyze vouchsafe.grants`
  const { given, plan } = await readTenant(stand.sql, tenant, async (tx) => {
    const where = (ref: string) =>
      tx`where g.tenant_id = ${tenant} and g.source = 'backfill' and ${underReference(tx, ref)} and g.revoked_at is null`
    await tx`set local enable_seqscan = off`
    const [row] = await tx<
      { given: number }[]
    >`select count(*)::integer as given from vouchsafe.grants g ${where('of-plan')}`
    return { given: row?.given, plan: await tx`explain select * from vouchsafe.grants g ${where('none')}` }
  })
  expect(given).toBe(3001)
  const text = plan.map((row) => row['QUERY PLAN']).join('\n')
  expect(text).toMatch(/BitmapOr.*grants_imported/s)
  expect(text).toMatch(/BitmapOr.*grants_source_ref/s)
})

test('S004-30 rights of a file that has a reference for each of them are found as well, not read one by one', async () => {
  const { tenant, entitlements } = world
  const all = 30_000
  await stand.write(tenant, async (tx) => {
    const ids = Array.from({ length: all }, person)
    await people(tx, ids)
    await tx`select vouchsafe.import_rights(${ids.map(person)}::uuid[], ${ids as string[]}::uuid[], '{}', ${ids.map((_, n) => n + 1)}::integer[],
      ${[entitlements[0] ?? '']}::uuid[], '{}', '{}', ${ids.map(() => 1)}::integer[], '{}', '{full}', '{}', '{backfill}',
      ${ids.map((_, n) => `order-${(n * 7919) % all}`)}::text[], '{import}', ${ids.map(() => 0)}::bigint[], '{}', now(), true)`
  })
  await stand.sql`vacuum analyze vouchsafe.grants`
  await readTenant(stand.sql, tenant, async (tx) => {
    await tx`set local enable_seqscan = off`
    let read = 0
    for (let n = 0; n < all; n += all / 20) {
      const [row] = await tx<
        { 'QUERY PLAN': [{ Plan: object }] }[]
      >`explain (analyze, format json, timing off)
        select * from vouchsafe.grants g where g.tenant_id = ${tenant} and g.source = 'backfill' and ${underReference(tx, `order-${n}`)} and g.revoked_at is null`
      read += Number(/"Rows Removed by Index Recheck": (\d+)/.exec(JSON.stringify(row, null, 1))?.[1] ?? 0)
    }
    // Each is in one range of five or so. Ranges of least and greatest would have all of them.
    expect(read / 20).toBeLessThan(all / 2)
    expect(read).toBeGreaterThan(0)
  })
})

// Whoever adds one looks it up in import_people and import_rights too, or makes the trigger fire always.
test('nothing is silent in an import but foreign keys that it looks up itself', async () => {
  const written = stand.sql`array['vouchsafe.subjects', 'vouchsafe.identities', 'vouchsafe.grants', 'vouchsafe.effect',
    'vouchsafe.effect_pack', 'vouchsafe.open_transaction']`
  const silent = await stand.sql<{ trigger: string }[]>`
    select tgrelid::regclass || ' ' || tgname as trigger from pg_trigger
    where tgrelid = any (${written}::regclass[]) and not tgisinternal and tgenabled <> 'A' and tgtype & 4 <> 0`
  expect(silent).toEqual([])
  const keys = await stand.sql<{ key: string }[]>`
    select conrelid::regclass || ' ' || array_to_string(array(
      select attname from unnest(conkey) with ordinality k (n, place) join pg_attribute on attrelid = conrelid and attnum = k.n
      where attname <> 'tenant_id' order by place), ' ') || ' > ' || confrelid::regclass as key
    from pg_constraint where contype = 'f' and conrelid = any (${written}::regclass[]) order by 1`
  expect(keys.map(({ key }) => key.replaceAll('vouchsafe.', ''))).toEqual([
    'grants entitlement_id > entitlements',
    'grants module > modules',
    'grants organization_id > organizations',
    'grants plan_version_id > plan_versions',
    // An import writes no pool_id and no scope_organization_id.
    'grants pool_id > seat_pools',
    'grants product_id > products',
    'grants scope_organization_id > organizations',
    'grants subject_id > subjects',
    'identities subject_id > subjects',
    'subjects  > tenants',
  ])
  const deferred = await stand.sql`
    select conname from pg_constraint where contype in ('u', 'p', 'x') and condeferrable and conrelid = any (${written}::regclass[])`
  expect(deferred).toEqual([])
})

test('an import that nobody sealed does not commit, and one without a tenant writes nothing', async () => {
  const unsealed = stand.sql.begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_app', true), set_config('app.tenant_id', ${world.tenant}, true)`
    await people(tx, [person()])
  })
  await expect(unsealed).rejects.toMatchObject({ code: 'VS003' })
  const nowhere = stand.sql.begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_app', true)`
    await people(tx, [person()])
  })
  await expect(nowhere).rejects.toThrow()
})

test('neither the servers’ role nor the feed’s may switch foreign keys off by itself', async () => {
  for (const role of ['vouchsafe_app', 'vouchsafe_feed']) {
    const switched = stand.sql.begin(async (tx) => {
      await tx`select set_config('role', ${role}, true)`
      await tx`select set_config('session_replication_role', 'replica', true)`
    })
    await expect(switched).rejects.toMatchObject({ code: '42501' })
  }
})
