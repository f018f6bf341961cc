import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SubjectService } from '#gen/vouchsafe/admin/v1/subject_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { failureOf } from './failure-of.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const tenant = 'acme'
const method = SubjectService.method
const call: Server['operator']['call'] = (each) => server.operator.call(each)
const since = (revision: string) => ({ demand: { case: 'atLeast', value: revision } }) as const
const identity = (subject: string, email = '') => ({ issuer: devIss, subject, email })
const make = async (...subs: string[]) => {
  const made = await call(method.createSubject)({
    subject: { identities: subs.map((sub) => identity(sub)) },
    tenant,
  })
  return { id: made.subject?.id ?? '', ...made }
}
const giveDocs = (id: string) =>
  server.operator.grant({
    holder: { holder: { case: 'subject', value: id } },
    target: { target: { case: 'entitlement', value: 'docs_paid' } },
    tenant,
  })

test('S002-12 a subject is made, read by its id and by its identity, and listed in pages, oldest first', async () => {
  const { id, subject } = await make('nia', 'nia-at-work')
  expect(subject).toMatchObject({ kind: 'user', erased: false, variants: {} })
  expect(subject?.identities.map((each) => each.subject)).toEqual(['nia', 'nia-at-work'])
  expect((await call(method.getSubject)({ subject: id, tenant })).subject).toEqual(subject)
  const byName = { issuer: devIss, subject: 'nia-at-work' }
  expect((await call(method.getSubject)({ identity: byName, tenant })).subject).toEqual(subject)
  const both = call(method.getSubject)({ subject: id, identity: byName, tenant })
  expect(await failureOf(both)).toMatchObject({ code: 'INVALID_FIELD', field: 'subject' })
  expect(await failureOf(call(method.getSubject)({ tenant }))).toMatchObject({ code: 'INVALID_FIELD' })

  const seen: string[] = []
  let pageToken = ''
  do {
    const page = await call(method.listSubjects)({ pageSize: 4, pageToken, tenant })
    seen.push(...page.subjects.map((each) => each.id))
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  expect(seen).toEqual([...new Set(seen)].sort())
  expect(seen).toContain(id)
})

test('an identity that is taken is refused, and the refusal does not say whose it is', async () => {
  const owner = await make('wanted')
  const other = await make('other-one')
  const failures = [
    await failureOf(make('wanted')),
    await failureOf(call(method.linkIdentity)({ subject: other.id, identity: identity('wanted'), tenant })),
  ]
  for (const failure of failures) {
    expect(failure).toMatchObject({ code: 'ALREADY_EXISTS', subject: 'wanted' })
    expect(JSON.stringify(failure)).not.toContain(owner.id)
  }
})

test('who has two names is one: what one name was given the other has, until it is unlinked', async () => {
  const { id } = await make('home-name')
  const granted = await giveDocs(id)
  expect(said(await server.ask('work-name', 'docs_paid'))).toBe('no NO_GRANT')
  const linked = await call(method.linkIdentity)({
    subject: id,
    identity: identity('work-name', 'w@example.com'),
    tenant,
  })
  expect(linked).toMatchObject({ changed: true })
  const ask = (revision: string) =>
    server.ask('work-name', { entitlement: 'docs_paid', consistency: since(revision) })
  expect(said(await ask(linked.revision))).toBe('yes GRANTED')
  expect(granted.changed).toBe(true)
  const again = await call(method.linkIdentity)({
    subject: id,
    identity: identity('work-name', 'w@example.com'),
    tenant,
  })
  expect(again).toMatchObject({ changed: false, revision: linked.revision })
  const unlinked = await call(method.unlinkIdentity)({
    subject: id,
    identity: { issuer: devIss, subject: 'work-name' },
    tenant,
  })
  expect(said(await ask(unlinked.revision))).toBe('no NO_GRANT')
  const nothing = await call(method.unlinkIdentity)({
    subject: id,
    identity: { issuer: devIss, subject: 'work-name' },
    tenant,
  })
  expect(nothing.changed).toBe(false)
})

test('S001-41 tokens issued before a moment are not believed any more, and the moment never goes back', async () => {
  const { id } = await make('stolen')
  const claims = { entitlements: ['enterprise_sso'] }
  const ask = async (revision: string, issuedAt: number) => {
    const question = { entitlement: 'enterprise_sso', consistency: since(revision) }
    return said(await server.ask('stolen', question, claims, { issuedAt }))
  }
  const { revision: before } = await giveDocs(id)
  expect(await ask(before, Date.now() - 60_000)).toBe('yes CLAIM')
  const revoked = await call(method.revokeTokens)({ subject: id, tenant })
  expect(revoked.changed).toBe(true)
  expect(await ask(revoked.revision, Date.now() - 60_000)).toBe('no CLAIM_REVOKED')
  expect(await ask(revoked.revision, Date.now() + 2000)).toBe('yes CLAIM')
  const seconds = BigInt(Math.floor(Date.now() / 1000) - 3600)
  const back = await call(method.revokeTokens)({ subject: id, before: { seconds }, tenant })
  expect(back).toMatchObject({ changed: false, revision: revoked.revision })
  const future = call(method.revokeTokens)({ subject: id, before: { seconds: seconds + 7200n }, tenant })
  expect(await failureOf(future)).toMatchObject({ code: 'INVALID_FIELD', field: 'before' })
})

describe('what is known of a subject', () => {
  const value = (boolValue: boolean) => ({ kind: { case: 'boolValue', value: boolValue } }) as const

  test('a fact opens what requires it, and closes it when it is taken back', async () => {
    const { id } = await make('student')
    await server.operator.grant({
      holder: { holder: { case: 'subject', value: id } },
      target: { target: { case: 'entitlement', value: 'module-2' } },
      tenant,
    })
    const ask = async (revision: string) =>
      said(await server.ask('student', { entitlement: 'module-2', consistency: since(revision) }))
    const fact = { subject: id, key: 'completed:module-1', tenant }
    const set = await call(method.setFact)({ ...fact, value: value(true) })
    expect(set.subject?.facts).toEqual({ 'completed:module-1': true })
    expect(await ask(set.revision)).toBe('yes GRANTED')
    expect((await call(method.setFact)({ ...fact, value: value(true) })).changed).toBe(false)
    const gone = await call(method.deleteFact)(fact)
    expect(await ask(gone.revision)).toBe('no CONDITION_FAILED')
    expect((await call(method.deleteFact)(fact)).changed).toBe(false)
  })

  test('a fact is small, and there are not too many of them', async () => {
    const { id } = await make('chatty')
    const text = (value: string) => ({ kind: { case: 'stringValue', value } }) as const
    const large = call(method.setFact)({ subject: id, key: 'essay', value: text('x'.repeat(5000)), tenant })
    expect(await failureOf(large)).toMatchObject({ code: 'INVALID_FIELD', field: 'value' })
    await server.write(server.place.tenants.acme, async (tx, tenantId) => {
      await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value)
        select ${tenantId}, ${id.slice(4)}, 'fact-' || n, 'true' from generate_series(1, 200) n`
    })
    const more = call(method.setFact)({ subject: id, key: 'one-more', value: value(true), tenant })
    expect(await failureOf(more)).toMatchObject({ code: 'LIMIT_EXCEEDED', max: '200' })
    expect(
      (await call(method.setFact)({ subject: id, key: 'fact-1', value: value(false), tenant })).changed,
    ).toBe(true)
  })

  test('what other methods set is refused where a subject is made, and nothing is made', async () => {
    const identities = [identity('eager')]
    const given = {
      facts: { 'completed:module-1': true },
      variants: { dashboard: 'b' },
      tokensNotBefore: { seconds: 1_700_000_000n, nanos: 0 },
    }
    const fields = { facts: 'facts', variants: 'variants', tokensNotBefore: 'tokens_not_before' } as const
    for (const [name, field] of Object.entries(fields)) {
      const subject = { identities, [name]: given[name as keyof typeof given] }
      const made = call(method.createSubject)({ subject, tenant })
      expect(await failureOf(made), field).toMatchObject({ code: 'INVALID_FIELD', field })
    }
    expect((await make('eager')).subject?.facts).toEqual({})
  })

  test('a variant decides what an experiment shows', async () => {
    const { id } = await make('tester')
    await server.operator.grant({
      holder: { holder: { case: 'subject', value: id } },
      target: { target: { case: 'entitlement', value: 'new_dashboard' } },
      tenant,
    })
    const put = (variant: string) =>
      call(method.assignVariant)({ subject: id, experiment: 'dashboard', variant, tenant })
    const b = await put('b')
    expect(b.subject?.variants).toEqual({ dashboard: 'b' })
    expect((await put('b')).changed).toBe(false)
    const none = await put('')
    expect(none).toMatchObject({ changed: true, subject: { variants: {} } })
  })
})

test('a subject is changed by its mask only, and not by who saw an older one', async () => {
  const { id, subject } = await make('robot')
  const update = (kind: string, paths: string[], etag = '') =>
    call(method.updateSubject)({ subject: { id, kind, etag }, updateMask: { paths }, tenant })
  expect((await update('service', ['kind'], subject?.etag)).subject?.kind).toBe('service')
  expect(await failureOf(update('user', ['kind'], subject?.etag))).toMatchObject({ code: 'ETAG_MISMATCH' })
  for (const path of ['id', 'identities', 'facts', 'erased', 'constructor'])
    expect(await failureOf(update('user', [path]))).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'update_mask',
    })
})

test.each(['', 'ümlaut', 'a b', 'a\u0000b', '\u202eabc', 'x'.repeat(256)])(
  'V14 the name %j is refused',
  async (sub) => {
    expect(await failureOf(make(sub))).toMatchObject({ code: 'INVALID_FIELD' })
  },
)

test('V28 another tenant finds, changes and links nothing of ours, and learns nothing by trying', async () => {
  const { id } = await make('ours-alone')
  const { client } = await server.caller(server.place.tenants.globex, 'tenant_admin')
  const tries = [
    client.call(method.getSubject)({ subject: id }),
    client.call(method.linkIdentity)({ subject: id, identity: identity('theirs') }),
    client.call(method.setFact)({
      subject: id,
      key: 'k',
      value: { kind: { case: 'boolValue', value: true } },
    }),
    client.call(method.revokeTokens)({ subject: id }),
    client.call(method.reconcileSubject)({ subject: id }),
    client.call(method.updateSubject)({ subject: { id, kind: 'service' }, updateMask: { paths: ['kind'] } }),
  ]
  for (const failure of await Promise.all(tries.map(failureOf)))
    expect(failure).toMatchObject({ code: 'NOT_FOUND' })
  // The same name of the same provider is somebody else there.
  const made = await client.call(method.createSubject)({ subject: { identities: [identity('ours-alone')] } })
  expect(made.subject?.id).not.toBe(id)
})

test.each(['service', 'worker', 'gateway', 'auditor', 'delegate'] as const)(
  'S000-16 a caller that is only a %s makes and changes no subject',
  async (role) => {
    const { client } = await server.caller(server.place.tenants.acme, role)
    const made = client.call(method.createSubject)({ subject: { identities: [identity(`by-${role}`)] } })
    expect(await failureOf(made)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  },
)

test('F9 sixty-four repeats of one request at once make one subject, and all get its answer', async () => {
  const requestId = crypto.randomUUID()
  const asked = { subject: { identities: [identity('only-once')] }, requestId, tenant }
  const answers = await Promise.all(Array.from({ length: 64 }, () => call(method.createSubject)(asked)))
  for (const answer of answers) expect(answer).toEqual(answers[0])
  const { database, tenants } = server.place
  const rows = await database.sql.begin(async (tx) => {
    await tx`set local role vouchsafe_feed`
    return [
      ...(await tx`select from vouchsafe.identities where tenant_id = ${tenants.acme} and sub = 'only-once'`),
    ]
  })
  expect(rows).toHaveLength(1)
})
