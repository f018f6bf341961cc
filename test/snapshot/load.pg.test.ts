import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#postgres/uuid.ts'
import { must } from './picture.ts'
import { openStand, type Stand } from './stand.ts'

let stand: Stand
beforeAll(async () => {
  stand = await openStand()
})
afterAll(() => stand.drop())

test('S003-29 what is loaded is what SQL says, field by field, and nothing of another tenant', async () => {
  const { tenant, other, subject, organization, entitlement, pool } = await fill()
  const { snapshot, status } = await stand.start()
  const view = must(snapshot, tenant)

  const rows =
    await stand.sql`select * from vouchsafe.grants where tenant_id = ${tenant} and subject_id = ${subject} order by id`
  expect(view.grants(subject, () => true)).toEqual(
    rows.map((row) => ({
      id: row.id,
      target: row.entitlement_id,
      effect: row.effect,
      access: row.access,
      source: row.source,
      source_ref: row.source_ref,
      starts_at: row.starts_at,
      ...(row.module !== null && { module: row.module }),
      ...(row.scope_organization_id !== null && { scope: row.scope_organization_id }),
      ...(row.value !== null && { value: row.value }),
      ...(row.ends_at !== null && { ends_at: row.ends_at }),
      ...(row.revoked_at !== null && { revoked_at: row.revoked_at }),
      ...(row.past_due_at !== null && { past_due_at: row.past_due_at }),
    })),
  )
  expect(rows).toHaveLength(3)
  expect(view.grants(subject, (target) => target !== entitlement)).toEqual([])
  expect(view.grants(organization, () => true)).toMatchObject([{ pool }])
  expect(view.subject(subject)).toEqual({
    id: subject,
    kind: 'user',
    deleted: false,
    tokens_not_before: 1_700_000_000_123,
  })
  expect(view.subjectOf('https://idp.test', 'Ünï|1')).toBe(subject)
  expect(view.memberships(subject)).toEqual([{ organization, role: 'admin' }])
  expect(view.seats(subject)).toEqual([pool])
  expect(view.facts(subject)).toEqual({ 'completed:module-1': { score: 1.5 }, __proto__x: null })
  expect(view.experiments(subject)).toEqual({ colour: 'blue' })
  expect(view.organization('acme')?.path).toEqual([organization])
  expect(view.catalogue.entitlements.get('docs')).toMatchObject({
    id: entitlement,
    kind: 'limit',
    combine: 'max',
  })
  expect(view.catalogue.issuers).toHaveLength(1)
  expect(snapshot.issuer('https://idp.test', 'app')?.tenant).toBe(tenant)
  expect(snapshot.issuer('https://idp.test', 'other')).toBeUndefined()
  expect(snapshot.callerOfKey('abcdefghijkl')).toMatchObject({
    disabled: false,
    caller: { tenant, roles: ['service'] },
  })
  expect(status()).toMatchObject({ loaded: true, tenants: 3, grants: 4, poison: {} })

  const foreign = must(snapshot, other)
  expect(foreign.grants(subject, () => true)).toEqual([])
  expect(foreign.subject(subject)).toBeUndefined()
  expect(foreign.subjectOf('https://idp.test', 'Ünï|1')).toBeUndefined()
  expect(foreign.organization('acme')).toBeUndefined()
})

test('V20 a holder of 70 000 grants is loaded whole', { timeout: 300_000 }, async () => {
  const tenant = await stand.tenant('many')
  const [subject, entitlement] = [newId(), newId()]
  await stand.write(tenant, async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${subject})`
    await tx`insert into vouchsafe.entitlements (tenant_id, id, key, combine) values (${tenant}, ${entitlement}, 'x', 'any')`
  })
  // In pieces: a busy machine may not write all of them within the time that one statement has.
  for (let first = 1; first < 70_000; first += 5000) {
    await stand.write(
      tenant,
      (tx) => tx`
        insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
        select ${tenant}, gen_random_uuid(), ${subject}, ${entitlement}, 'purchase', n::text, now()
        from generate_series(${first}::int, ${first + 4999}::int) n`,
    )
  }
  const { snapshot } = await stand.start()
  const refs = new Set(
    must(snapshot, tenant)
      .grants(subject, () => true)
      .map((grant) => grant.source_ref),
  )
  expect(refs.size).toBe(70_000)
})

async function fill() {
  const [tenant, other] = [await stand.tenant('one'), await stand.tenant('two')]
  const [subject, organization, entitlement, pool, caller] = [newId(), newId(), newId(), newId(), newId()]
  await stand.write(tenant, async (tx) => {
    await tx`insert into vouchsafe.modules (tenant_id, key) values (${tenant}, 'learn')`
    await tx`insert into vouchsafe.entitlements (tenant_id, id, key, kind, combine) values (${tenant}, ${entitlement}, 'docs', 'limit', 'max')`
    await tx`insert into vouchsafe.subjects (tenant_id, id, tokens_not_before) values (${tenant}, ${subject}, ${new Date(1_700_000_000_123)})`
    await tx`insert into vouchsafe.identities (tenant_id, iss, sub, subject_id) values (${tenant}, 'https://idp.test', 'Ünï|1', ${subject})`
    await tx`insert into vouchsafe.organizations (tenant_id, id, key) values (${tenant}, ${organization}, 'acme')`
    await tx`insert into vouchsafe.organization_members (tenant_id, organization_id, subject_id, role) values (${tenant}, ${organization}, ${subject}, 'admin')`
    await tx`insert into vouchsafe.seat_pools (tenant_id, id, organization_id, key) values (${tenant}, ${pool}, ${organization}, 'p')`
    await tx`insert into vouchsafe.seats (tenant_id, id, pool_id, subject_id, assigned_at) values (${tenant}, ${newId()}, ${pool}, ${subject}, now())`
    await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value) values
      (${tenant}, ${subject}, 'completed:module-1', '{"score": 1.5}'), (${tenant}, ${subject}, '__proto__x', 'null')`
    await tx`insert into vouchsafe.experiment_assignments (tenant_id, subject_id, experiment, variant) values (${tenant}, ${subject}, 'colour', 'blue')`
    await tx`insert into vouchsafe.issuers (tenant_id, id, iss, audiences, jwks_uri) values (${tenant}, ${newId()}, 'https://idp.test', '{app}', 'https://idp.test/keys')`
    await tx`insert into vouchsafe.callers (tenant_id, id, name, kind, roles) values (${tenant}, ${caller}, 'api', 'key', '{service}')`
    await tx`insert into vouchsafe.caller_keys (tenant_id, id, caller_id, sha256) values (${tenant}, 'abcdefghijkl', ${caller}, ${Buffer.alloc(32, 7)})`
    const start = new Date('2026-01-02T03:04:05.678Z')
    await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, starts_at) values (${tenant}, ${newId()}, ${subject}, ${entitlement}, 'admin', ${start})`
    await tx`
      insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at, ends_at, revoked_at, past_due_at, module, scope_organization_id, value, effect, access)
      values (${tenant}, ${newId()}, ${subject}, ${entitlement}, 'stripe', 'sub_1', ${start}, ${new Date(1_900_000_000_001)}, ${new Date(1_800_000_000_001)},
        ${new Date(1_700_000_000_001)}, 'learn', ${organization}, '{"n": [1, "two"]}', 'override', 'read_only'),
      (${tenant}, ${newId()}, ${subject}, ${entitlement}, 'trial', ${'é'.repeat(255)}, ${start}, null, null, null, null, null, ${tx.json('v'.repeat(5000))}, 'deny', 'full')`
    await tx`
      insert into vouchsafe.grants (tenant_id, id, organization_id, entitlement_id, pool_id, source, starts_at)
      values (${tenant}, ${newId()}, ${organization}, ${entitlement}, ${pool}, 'contract', ${start})`
  })
  return { tenant, other, subject, organization, entitlement, pool }
}
