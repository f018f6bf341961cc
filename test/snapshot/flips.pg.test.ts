import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { must } from './picture.ts'
import { openStand, type Stand } from './stand.ts'
import { makeWorld, type World } from './world.ts'

let stand: Stand
let world: World
let started: RunningSnapshot
beforeAll(async () => {
  stand = await openStand()
  world = await makeWorld(stand, 'feed')
  started = await stand.startDeaf()
})
afterAll(() => stand.drop())

const view = () => must(started.snapshot, world.tenant)

test('V36 a revoked grant is revoked, and its row moves to nobody', async () => {
  const [subject = '', entitlement = '', id] = [world.subjects[0], world.entitlements[0], newId()]
  await write(
    (tx) =>
      tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, starts_at) values (${world.tenant}, ${id}, ${subject}, ${entitlement}, 'admin', now())`,
  )
  expect(view().grants(subject, () => true)).toMatchObject([{ id }])
  expect(view().grants(subject, () => true)[0]).not.toHaveProperty('revoked_at')
  await write(
    (tx) =>
      tx`update vouchsafe.grants set revoked_at = ${new Date(1_700_000_000_001)} where tenant_id = ${world.tenant} and id = ${id}`,
  )
  expect(view().grants(subject, () => true)).toMatchObject([{ id, revoked_at: 1_700_000_000_001 }])
})

test('V36 a seat given back, a membership ended, a subject deleted, its tokens cut off, its identity gone', async () => {
  const [subject = '', organization = '', pool = ''] = [
    world.subjects[1],
    world.organizations[1],
    world.pools[1],
  ]
  const { tenant } = world
  await write(async (tx) => {
    await tx`insert into vouchsafe.seats (tenant_id, id, pool_id, subject_id, assigned_at) values (${tenant}, ${newId()}, ${pool}, ${subject}, now())`
    await tx`insert into vouchsafe.organization_members (tenant_id, organization_id, subject_id) values (${tenant}, ${organization}, ${subject})`
    await tx`insert into vouchsafe.identities (tenant_id, iss, sub, subject_id) values (${tenant}, 'https://i.test', 's', ${subject})`
  })
  expect(view().seats(subject)).toEqual([pool])
  expect(view().memberships(subject)).toHaveLength(1)
  expect(view().subjectOf('https://i.test', 's')).toBe(subject)

  await write(
    (tx) =>
      tx`update vouchsafe.seats set released_at = now() where tenant_id = ${tenant} and subject_id = ${subject}`,
  )
  expect(view().seats(subject)).toEqual([])
  await write(
    (tx) =>
      tx`delete from vouchsafe.organization_members where tenant_id = ${tenant} and subject_id = ${subject}`,
  )
  expect(view().memberships(subject)).toEqual([])
  await write(
    (tx) =>
      tx`update vouchsafe.subjects set deleted_at = now(), tokens_not_before = ${new Date(1_700_000_000_001)} where tenant_id = ${tenant} and id = ${subject}`,
  )
  expect(view().subject(subject)).toMatchObject({ deleted: true, tokens_not_before: 1_700_000_000_001 })
  await write((tx) => tx`delete from vouchsafe.identities where tenant_id = ${tenant} and sub = 's'`)
  expect(view().subjectOf('https://i.test', 's')).toBeUndefined()
})

test('V36 a key, a caller, a product, an issuer and a tenant switched off', async () => {
  const { tenant } = world
  const [caller, product] = [newId(), newId()]
  await write(async (tx) => {
    await tx`insert into vouchsafe.callers (tenant_id, id, name, kind, roles, certificate_sha256) values (${tenant}, ${caller}, 'api', 'mtls', '{service}', ${'ab'.repeat(32)})`
    await tx`insert into vouchsafe.caller_keys (tenant_id, id, caller_id, sha256) values (${tenant}, 'abcdefghijkl', ${caller}, ${Buffer.alloc(32)})`
    await tx`insert into vouchsafe.products (tenant_id, id, key) values (${tenant}, ${product}, 'app')`
    await tx`insert into vouchsafe.issuers (tenant_id, id, iss, audiences, jwks_uri) values (${tenant}, ${newId()}, 'https://i.test', '{a,b}', 'https://i.test/keys')`
  })
  const { snapshot } = started
  expect(snapshot.callerOfKey('abcdefghijkl')?.disabled).toBe(false)
  expect(snapshot.callerOfCertificate('ab'.repeat(32))?.id).toBe(caller)
  expect(view().catalogue.products.get('app')?.active).toBe(true)
  expect(snapshot.issuer('https://i.test', 'b')?.tenant).toBe(tenant)

  await write((tx) => tx`update vouchsafe.callers set disabled_at = now() where tenant_id = ${tenant}`)
  expect(snapshot.callerOfKey('abcdefghijkl')?.disabled).toBe(true)
  expect(snapshot.callerOfCertificate('ab'.repeat(32))).toBeUndefined()
  await write((tx) => tx`delete from vouchsafe.caller_keys where tenant_id = ${tenant}`)
  expect(snapshot.callerOfKey('abcdefghijkl')).toBeUndefined()
  await write((tx) => tx`update vouchsafe.products set active = false where tenant_id = ${tenant}`)
  expect(view().catalogue.products.get('app')?.active).toBe(false)
  await write((tx) => tx`update vouchsafe.issuers set audiences = '{a}' where tenant_id = ${tenant}`)
  expect(snapshot.issuer('https://i.test', 'b')).toBeUndefined()
  expect(snapshot.issuersOf('https://i.test')).toHaveLength(1)
  await write(
    (tx) => tx`update vouchsafe.tenants set active = false, key = 'renamed' where tenant_id = ${tenant}`,
  )
  expect(view().catalogue.tenant.active).toBe(false)
  expect(snapshot.tenant('feed')).toBeUndefined()
  expect(snapshot.tenant('renamed')?.id).toBe(tenant)
})

test('F20 rows that the schema would refuse: each gives nothing, a denial still denies, the feed goes on', async () => {
  const { tenant } = world
  const [subject = '', entitlement = ''] = [world.subjects[3], world.entitlements[3]]
  const constraints = await stand.sql`
    select conname from pg_constraint where conrelid = 'vouchsafe.grants'::regclass and contype = 'c'`
  for (const { conname } of constraints)
    await stand.sql`alter table vouchsafe.grants drop constraint ${stand.sql(conname)}`
  const poison = [
    { effect: 'allow', source: 'gift', access: 'full' },
    { effect: 'allow', source: 'admin', access: 'maybe' },
    { effect: 'permit', source: 'admin', access: 'full' },
    { effect: 'deny', source: 'gift', access: 'full' },
  ]
  await write(async (tx) => {
    for (const { effect, source, access } of poison) {
      await tx`
        insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, effect, source, access, starts_at)
        values (${tenant}, ${newId()}, ${subject}, ${entitlement}, ${effect}, ${source}, ${access}, now())`
    }
    await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, starts_at) values (${tenant}, ${newId()}, ${subject}, ${entitlement}, 'trial', now())`
  })
  const effects = () =>
    view()
      .grants(subject, () => true)
      .map((grant) => [grant.effect, grant.source])
  const expected = [
    ['deny', 'admin'],
    ['deny', 'admin'],
    ['allow', 'trial'],
  ]
  expect(effects()).toEqual(expected)
  expect(started.status().poison).toEqual({ grants: 4 })

  // A load sees them with the same eyes.
  started = await stand.startDeaf()
  expect(effects()).toEqual(expected)
  expect(started.status().poison).toEqual({ grants: 4 })
})

async function write(work: (tx: Tx) => Promise<unknown>) {
  const { revision } = await stand.write(world.tenant, work)
  await started.snapshot.wait(world.tenant, revision.revision, 5000)
}
