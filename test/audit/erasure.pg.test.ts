import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { compareRows } from '#postgres/compare-rows.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { verifyChain } from '#postgres/verify-chain.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

const sub = 'auth0|5f7c8ec7c33c6c004bbafe82'
const email = 'Zelda.Quux+news@example.com'
const { eraseSubject, listChanges, getChange } = AuditService.method

let server: Server
let tenant: string
let person: string
beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_LOG_LEVEL: 'error' })
  tenant = server.place.tenants.acme
  const identity = { case: 'identity', value: { issuer: devIss, subject: sub } } as const
  const target = { target: { case: 'entitlement', value: 'docs_paid' } } as const
  const asked = { holder: { holder: identity }, target, tenant, reason: `asked by ${email}` }
  const { grant } = await server.operator.grant({
    ...asked,
    requestId: '8b6f3d7e-0f7a-4c57-9b2e-8dd8a3f5c001',
  })
  person = grant?.holder?.holder.case === 'subject' ? grant.holder.holder.value : ''
  const id = person.slice(4)
  await server.write(tenant, async (tx) => {
    await tx`update vouchsafe.identities set email = ${email} where tenant_id = ${tenant} and sub = ${sub}`
    await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value) values (${tenant}, ${id}, ${'contact'}, ${tx.json({ email })})`
    await tx`update vouchsafe.grants set metadata = ${tx.json({ sub })} where tenant_id = ${tenant} and subject_id = ${id}`
  })
  // A second name that was taken away again, and a reason that names the person in another's change.
  await server.write(tenant, async (tx) => {
    await tx`insert into vouchsafe.identities (tenant_id, iss, sub, subject_id) values (${tenant}, ${devIss}, ${`old ${sub}`}, ${id})`
  })
  await server.write(tenant, async (tx) => {
    await tx`delete from vouchsafe.identities where tenant_id = ${tenant} and sub = ${`old ${sub}`}`
  })
  const other = { case: 'identity', value: { issuer: devIss, subject: 'somebody' } } as const
  await server.operator.grant({
    holder: { holder: other },
    target,
    tenant,
    reason: `like ${email.toUpperCase()}`,
  })
})
afterAll(() => server?.stop())

/** Where a text stands, in whatever column of whatever table, as the superuser sees them. */
async function placesOf(text: string): Promise<readonly string[]> {
  const { sql } = server.place.database
  const tables = await sql<{ name: string }[]>`
    select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vouchsafe' and c.relkind in ('r', 'p') order by 1`
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await sql.unsafe(
      `select from vouchsafe.${name} t where strpos(lower(t::text), lower($1)) > 0`,
      [text],
    )
    if (rows.length > 0) found.push(`${name} (${rows.length})`)
  }
  return found
}

const ask = () => server.ask(sub, 'docs_paid')

test('F60 V28 nobody erases for another tenant, nor without one', async () => {
  const { sql } = server.place.database
  const { globex } = server.place.tenants
  const foreign = await server.caller(globex, 'tenant_admin')
  const { call } = foreign.client
  expect(await failureOf(call(eraseSubject)({ subject: person }))).toMatchObject({ code: 'NOT_FOUND' })
  expect(await failureOf(call(eraseSubject)({ subject: person, tenant }))).toMatchObject({
    code: 'TENANT_MISMATCH',
  })
  const auditor = await server.caller(tenant, 'auditor')
  expect(await failureOf(auditor.client.call(eraseSubject)({ subject: person }))).toMatchObject({
    code: 'CALLER_NOT_ALLOWED',
  })
  const before = await placesOf(sub)
  // As the application's own role could call it, in the wrong scope.
  const direct = await withTenant(sql, { tenant: globex, actor: 'test', action: 'Test' }, (tx) =>
    tx`select effects, headers from vouchsafe.erase_subject(${person.slice(4)})`.then(([row]) => ({
      ...row,
    })),
  )
  expect(direct).toMatchObject({ result: { effects: 0, headers: 0 }, changed: false })
  const nowhere = sql.begin(async (tx) => {
    await tx`set local role vouchsafe_app`
    await tx`select vouchsafe.erase_subject(${person.slice(4)})`
  })
  await expect(nowhere).rejects.toMatchObject({ code: 'VS001' })
  const feed = readFeed(sql, (tx) => tx`select vouchsafe.erase_subject(${person.slice(4)})`)
  await expect(feed).rejects.toMatchObject({ code: '42501' })
  expect(await placesOf(sub)).toEqual(before)
})

test('S003-13 S002-45 a person is erased: no name is left in any table, the chain holds, what they are now is nobody', async () => {
  expect(said(await ask())).toBe('yes GRANTED')
  expect(await placesOf(sub)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^identities/), expect.stringMatching(/^effect/)]),
  )
  expect(await placesOf(email)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^change/), expect.stringMatching(/^facts/)]),
  )

  const erased = await server.operator.call(eraseSubject)({ subject: person, reason: 'their wish', tenant })
  expect(erased).toMatchObject({ revokedGrants: 1, remaining: [] })
  expect(erased.erasedImages).toBeGreaterThan(5)
  expect(erased.erasedHeaders).toBe(2)
  expect(await placesOf(sub)).toEqual([])
  expect(await placesOf(email)).toEqual([])

  const broken = await readTenant(server.place.database.sql, tenant, (tx) => verifyChain(tx, tenant))
  expect(broken).toBeUndefined()
  expect(await readFeed(server.place.database.sql, (tx) => compareRows(tx, tenant))).toBeUndefined()

  const consistency = { demand: { case: 'atLeast', value: erased.revision } } as const
  const now = await server.ask(sub, { entitlement: 'docs_paid', consistency })
  expect(said(now)).toBe('no NO_GRANT')
  expect(now.subjectId).toBe('')
  const byId = { subject: { case: 'principal', value: { id: person } } } as const
  expect(
    await failureOf(server.operator.check({ subject: byId, entitlement: 'docs_paid', tenant })),
  ).toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('S003-33 that somebody was erased stays on record, with who did it and why', async () => {
  const { changes } = await server.operator.call(listChanges)({ subject: person, tenant })
  const [erasing] = changes
  expect(erasing).toMatchObject({ action: 'EraseSubject', reason: 'their wish', erased: false })
  const { effects } = await server.operator.call(getChange)({ number: erasing?.revision ?? 0n, tenant })
  expect(effects.length).toBeGreaterThan(3)
  // All but the grant of another, whose reason no longer names the person.
  const kept = effects.filter(
    ({ erased, before, after }) => !erased || before !== undefined || after !== undefined,
  )
  expect(kept.map(({ table, after }) => [table, after?.reason])).toEqual([['grants', '']])
  const granted = changes.at(-1)
  expect(granted).toMatchObject({ action: 'AdminEntitlementGranted', actor: '', reason: '', erased: true })
})

test('a person who is erased may come back as somebody new', async () => {
  const identity = { case: 'identity', value: { issuer: devIss, subject: sub } } as const
  const target = { target: { case: 'entitlement', value: 'docs_paid' } } as const
  const { grant, revision } = await server.operator.grant({ holder: { holder: identity }, target, tenant })
  expect(grant?.holder?.holder.value).not.toBe(person)
  const consistency = { demand: { case: 'atLeast', value: revision } } as const
  expect(said(await server.ask(sub, { entitlement: 'docs_paid', consistency }))).toBe('yes GRANTED')
})

test('S002-45 a short name is erased where people wrote it as a word, and nowhere else', async () => {
  const target = { target: { case: 'entitlement', value: 'docs_paid' } } as const
  const named = (subject: string) =>
    ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const
  const give = (subject: string, reason: string, more: object = {}) =>
    server.operator.grant({ holder: named(subject), target, tenant, reason, ...more })
  const { grant } = await give('Kyo', 'first')
  const requestId = '8b6f3d7e-0f7a-4c57-9b2e-8dd8a3f5c002'
  const said = await give('others-one', 'as KYO, her friend, asked', { requestId })
  await give('others-two', 'a trip to Kyoto, by kyo_bus')
  await give('others-three', '', { metadata: { note: 'ask (kyo) first' } })
  const reasons = () =>
    server.write(tenant, (tx) =>
      tx<{ reason: string | null }[]>`select reason from vouchsafe.change where tenant_id = ${tenant}`.then(
        (rows) => rows.map(({ reason }) => reason ?? ''),
      ),
    )
  const subject = grant?.holder?.holder.value as string
  const tried = await server.operator.call(eraseSubject)({ subject, tenant, dryRun: true })
  expect(await reasons()).toContain('as KYO, her friend, asked')
  const erased = await server.operator.call(eraseSubject)({ subject, reason: 'wish', tenant })
  expect(erased).toMatchObject({
    erasedImages: tried.erasedImages,
    erasedHeaders: 1,
    revokedGrants: 1,
    remaining: [],
  })
  expect(await placesOf('kyo,')).toEqual([])
  expect(await placesOf('(kyo)')).toEqual([])
  expect(await reasons()).toContain('a trip to Kyoto, by kyo_bus')
  const id = said.grant?.id.slice(4) ?? ''
  const [row] = await server.write(tenant, (tx) => tx`select reason from vouchsafe.grants where id = ${id}`)
  expect(row?.reason).toBe('')
  expect(await readTenant(server.place.database.sql, tenant, (tx) => verifyChain(tx, tenant))).toBeUndefined()
  expect(await readFeed(server.place.database.sql, (tx) => compareRows(tx, tenant))).toBeUndefined()
})

test.each(['al', '4711'])('%s is too little of a name to be looked for in what people wrote', async (sub) => {
  const target = { target: { case: 'entitlement', value: 'docs_paid' } } as const
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: sub } } } as const
  const { grant } = await server.operator.grant({ holder, target, tenant })
  const reason = `bought ${sub} seats`
  const other = { holder: { case: 'identity', value: { issuer: devIss, subject: `buyer-${sub}` } } } as const
  await server.operator.grant({ holder: other, target, tenant, reason })
  const subject = grant?.holder?.holder.value as string
  await server.operator.call(eraseSubject)({ subject, tenant })
  expect(await placesOf(reason)).not.toEqual([])
  expect(await placesOf(`"sub": "${sub}"`)).toEqual([])
})
