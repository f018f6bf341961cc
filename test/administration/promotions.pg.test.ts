import { afterAll, beforeAll, expect, test } from 'vitest'
import { EntitlementService } from '#gen/vouchsafe/admin/v1/entitlement_service_pb.ts'
import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { timestampOf } from '#rpc/wire-values.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { failureOf } from './failure-of.ts'
import { entitlement, person, plan, product, since } from './named.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
  await call(EntitlementService.method.createEntitlement)({
    entitlement: { key: 'ai_credits', kind: 'credit', combine: 'sum' },
    tenant,
  })
})
afterAll(() => server?.stop())

const tenant = 'acme'
const method = GrantService.method
const call: Server['operator']['call'] = (each) => server.operator.call(each)
const credits = (value: number) => ({
  target: entitlement('ai_credits'),
  value: { kind: { case: 'numberValue', value } } as const,
})
const promote = (sourceRef: string, more: object) =>
  call(method.batchGrant)({ ...credits(50), sourceRef, tenant, ...more })
const subject = (id: string) => ({ holder: { case: 'subject', value: id } }) as const

/** So many people without anything. */
async function crowd(size: number): Promise<string[]> {
  return server.write(server.place.tenants.acme, async (tx, tenantId) => {
    const rows = await tx<{ id: string }[]>`
      insert into vouchsafe.subjects (tenant_id, id) select ${tenantId}, gen_random_uuid() from generate_series(1, ${size})
      returning id`
    return rows.map(({ id }) => `sub_${id}`)
  })
}

test('S004-6 S004-12 an administrator’s promotion adds credits to many, and moves nobody’s tier', async () => {
  await server.operator.grant({ holder: person('pia'), target: plan('supporter'), tenant })
  const { revision } = await server.operator.grant({ holder: person('pat'), target: plan('pro'), tenant })
  const docs = { entitlement: 'docs_paid', consistency: since(revision) }
  const before = await Promise.all(['pia', 'pat'].map((sub) => server.ask(sub, docs)))
  const done = await promote('spring', {
    holders: [person('pia'), person('pat'), person('nobody-yet'), person('pia')],
    reason: 'spring sale',
    costMicrocents: 12n,
    metadata: { campaign: 'spring' },
  })
  expect(done).toMatchObject({ granted: 2, unchanged: 0, nextPageToken: '' })
  expect(done.unknown.map(({ holder }) => holder.value)).toMatchObject([{ subject: 'nobody-yet' }])
  for (const [n, sub] of ['pia', 'pat'].entries()) {
    const question = { entitlement: 'ai_credits', consistency: since(done.revision) }
    const answer = await server.ask(sub, question)
    expect(answer.value?.kind.value).toBe(50)
    expect(answer.tier).toBe(before[n]?.tier)
  }
  const { grants } = await call(method.listGrants)({ holder: person('pia'), tenant })
  expect(grants[0]).toMatchObject({
    source: 'promotion',
    sourceRef: 'spring',
    reason: 'spring sale',
    costMicrocents: 12n,
    metadata: { campaign: 'spring' },
  })
})

test('S001-48 nobody gets the same promotion twice, also not after it was taken back; another reference gives again', async () => {
  const holders = [person('pia'), person('pat')]
  const first = await promote('summer', { holders })
  expect(first.granted).toBe(2)
  expect(await promote('summer', { holders })).toMatchObject({
    granted: 0,
    unchanged: 2,
    revision: first.revision,
  })
  await call(method.revokeByReference)({ sourceRef: 'summer', holders: [person('pia')], tenant })
  const again = await promote('summer', { holders: [...holders, person('alice')] })
  expect(again).toMatchObject({ granted: 1, unchanged: 2 })
  expect((await promote('autumn', { holders })).granted).toBe(2)
})

test('a temporary right for whoever holds a plan, through organizations as well, page by page', async () => {
  const people = await crowd(23)
  await call(method.batchGrant)({
    holders: people.map(subject),
    target: plan('learn_member'),
    source: 'purchase',
    sourceRef: 'class-of-26',
    tenant,
  })
  const asked = {
    holdersOf: plan('learn_member'),
    target: entitlement('enterprise_sso'),
    value: undefined,
    endsAt: timestampOf(Date.now() + 3_600_000),
    pageSize: 10,
  }
  let pageToken = ''
  const granted: number[] = []
  let revision = ''
  do {
    const page = await promote('gift', { ...asked, pageToken })
    granted.push(page.granted)
    pageToken = page.nextPageToken
    revision = page.revision
  } while (pageToken !== '')
  expect(granted).toEqual([10, 10, 3])
  const last = people[7] ?? ''
  const answer = await server.operator.check({
    subject: { subject: { case: 'principal', value: { id: last } } },
    entitlement: 'enterprise_sso',
    consistency: since(revision),
    tenant,
  })
  expect(answer).toMatchObject({ allowed: true })
  expect(answer.expiresAt).toBeDefined()
  // By an entitlement that the plan gives; those who hold it otherwise get it too.
  const byKey = await promote('gift', { ...asked, holdersOf: entitlement('copilot_paid'), pageSize: 5000 })
  expect(byKey.unchanged).toBe(23)
  const forged = promote('gift', { ...asked, pageToken: 'AAAA' })
  expect(await failureOf(forged)).toMatchObject({ code: 'INVALID_FIELD', field: 'page_token' })
  const organizations = await promote('team-gift', { ...asked, holdersOf: plan('team'), pageSize: 5000 })
  expect(organizations.granted).toBe(1)
})

test('S004-30 a reference takes back all that was given under it, from everybody, with reason and actor', async () => {
  const people = await crowd(1500)
  const given = await promote('recalled', { holders: people.map(subject) })
  expect(given.granted).toBe(1500)
  await server.operator.grant({ holder: subject(people[0] ?? ''), ...credits(7), sourceRef: 'kept', tenant })
  const taken = await call(method.revokeByReference)({ sourceRef: 'recalled', reason: 'a mistake', tenant })
  expect(taken).toMatchObject({ count: 1500, more: false })
  expect(taken.revoked).toHaveLength(1000)
  expect(taken.revoked[0]).toMatchObject({ revokeReason: 'a mistake' })
  expect(taken.revoked[0]?.revokedBy).not.toBe('')
  const again = await call(method.revokeByReference)({ sourceRef: 'recalled', tenant })
  expect(again).toMatchObject({ count: 0, revision: taken.revision })
  const { grants } = await call(method.listGrants)({ holder: subject(people[0] ?? ''), tenant })
  expect(grants.map(({ sourceRef }) => sourceRef)).toEqual(['kept'])
})

test('S001-12 a source’s rights end alone, and the answer says what they gave, also through a plan', async () => {
  const give = (target: object, source: string) =>
    server.operator.grant({ holder: person('sam'), target, source, sourceRef: source, tenant } as never)
  await give(plan('team'), 'purchase')
  await give(product('handbook'), 'purchase')
  await give(product('runner'), 'admin')
  const taken = await call(method.revokeBySource)({ holder: person('sam'), source: 'purchase', tenant })
  expect(taken.products).toEqual(['handbook', 'runner'])
  expect(taken.entitlements).toEqual(['api_access', 'enterprise_sso', 'member'])
  expect(taken.revoked).toHaveLength(2)
  const { products } = await call(method.listGrantedProducts)({ holder: person('sam'), tenant })
  expect(products.map((each) => [each.product, each.source])).toEqual([['runner', 'admin']])
  const again = await call(method.revokeBySource)({ holder: person('sam'), source: 'purchase', tenant })
  expect(again).toMatchObject({ revoked: [], products: [], revision: taken.revision })
})

test('S001-5 S001-13 the products of a person, by name, through plans too, each once and no ended ones', async () => {
  const give = (target: object, more: object = {}) =>
    server.operator.grant({ holder: person('liz'), target, tenant, ...more } as never)
  await give(product('runner'))
  await give(plan('team'), { source: 'contract' })
  await give(product('handbook'), { endsAt: timestampOf(Date.now() + 1000) })
  await expect
    .poll(
      async () => {
        const { products } = await call(method.listGrantedProducts)({ holder: person('liz'), tenant })
        return products.map((each) => [each.product, each.name, each.requiresEntitlement, each.source])
      },
      { timeout: 5000 },
    )
    .toEqual([['runner', 'Runner', true, 'admin']])
  const { grants } = await call(method.listGrants)({ holder: person('liz'), includeEnded: true, tenant })
  expect(grants).toHaveLength(3)
})

test('what Stripe gave is withheld and not ended, by source or reference, once', async () => {
  const { grant } = await server.operator.grant({ holder: person('sue'), target: product('runner'), tenant })
  await server.write(server.place.tenants.acme, async (tx, tenantId) => {
    await tx`update vouchsafe.grants set source = 'stripe', source_ref = 'sub_77'
      where tenant_id = ${tenantId} and id = ${grant?.id.slice(4) ?? ''}`
  })
  const taken = await call(method.revokeByReference)({ sourceRef: 'sub_77', tenant })
  expect(taken.count).toBe(1)
  const use = { entitlement: 'use', resource: { kind: 'product', id: 'runner' } }
  expect(said(await server.ask('sue', { ...use, consistency: since(taken.revision) }))).toContain(
    'DENIED_BY_RULE',
  )
  const again = await call(method.revokeByReference)({ sourceRef: 'sub_77', tenant })
  expect(again).toMatchObject({ count: 0, revision: taken.revision })
  const kept = await call(method.getGrant)({ grant: grant?.id ?? '', tenant })
  expect(kept.grant?.revokedAt).toBeUndefined()
  const back = await server.operator.grant({ holder: person('sue'), target: product('runner'), tenant })
  expect(said(await server.ask('sue', { ...use, consistency: since(back.revision) }))).toBe(
    'yes GRANTED GRANTED',
  )
})

test.each([
  ['nobody', {}, 'INVALID_FIELD'],
  ['a list and a plan at once', { holders: [person('pia')], holdersOf: plan('pro') }, 'INVALID_FIELD'],
  ['something unknown', { holders: [person('pia')], target: entitlement('not_there') }, 'NOT_FOUND'],
  ['a negative amount', { holders: [person('pia')], ...credits(-5) }, 'INVALID_FIELD'],
  ['no reference', { holders: [person('pia')], sourceRef: '' }, 'INVALID_FIELD'],
  ['a source that is not its own', { holders: [person('pia')], source: 'stripe' }, 'INVALID_FIELD'],
  ['an unknown module', { holders: [person('pia')], module: 'nowhere' }, 'NOT_FOUND'],
])('a promotion to or of %s is refused', async (_, more, code) => {
  expect(await failureOf(promote('refused', more))).toMatchObject({ code })
})

test('a dry run says who would gain, and gives nothing', async () => {
  const asked = {
    holders: [person('pia'), person('pat')],
    target: entitlement('early_access'),
    value: undefined,
  }
  const tried = await promote('preview', { ...asked, dryRun: true })
  expect(tried.preview?.gained).toBeGreaterThanOrEqual(2)
  expect((await promote('preview', asked)).granted).toBe(2)
})

test('F9 sixty-four of the same promotion at once give it once, with a request id and without', async () => {
  const holders = (await crowd(20)).map(subject)
  const racing = await Promise.all(Array.from({ length: 64 }, () => promote('race', { holders })))
  expect(racing.reduce((sum, { granted }) => sum + granted, 0)).toBe(20)
  const requestId = crypto.randomUUID()
  const repeats = await Promise.all(
    Array.from({ length: 64 }, () => promote('race-by-id', { holders, requestId })),
  )
  for (const answer of repeats) expect(answer).toEqual(repeats[0])
  expect(repeats[0]?.granted).toBe(20)
  const other = promote('race-by-id', { holders: holders.slice(1), requestId })
  expect(await failureOf(other)).toMatchObject({ code: 'REQUEST_ID_REUSED' })
})

test.each(['service', 'worker', 'gateway', 'auditor', 'delegate'] as const)(
  'S000-16 a caller that is only a %s runs no promotion and no trial, and takes nothing back',
  async (role) => {
    const { client } = await server.caller(server.place.tenants.acme, role)
    const failures = await Promise.all(
      [
        client.call(method.batchGrant)({ holders: [person('pia')], ...credits(1), sourceRef: 'x' }),
        client.call(method.startTrial)({ holder: person('pia'), plan: 'pro', days: 3 }),
        client.call(method.revokeByReference)({ sourceRef: 'spring' }),
        client.call(method.revokeBySource)({ holder: person('pia'), source: 'promotion' }),
        client.call(method.updateGrant)({ grant: { id: 'grt_x' }, updateMask: { paths: ['reason'] } }),
      ].map(failureOf),
    )
    for (const failure of failures) expect(failure).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  },
)
