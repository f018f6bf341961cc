import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EntitlementService } from '#gen/vouchsafe/admin/v1/entitlement_service_pb.ts'
import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { PlanService } from '#gen/vouchsafe/admin/v1/plan_service_pb.ts'
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
const number = (value: number) => ({ kind: { case: 'numberValue', value } }) as const
const give = (sub: string, target: object, more: object = {}) =>
  server.operator.grant({ holder: person(sub), target, tenant, ...more })
const ask = (sub: string, key: string, revision: string) =>
  server.ask(sub, { entitlement: key, consistency: since(revision) })

describe('stacking', () => {
  test('S004-2 S004-9 rights of many sources are given, taken and stacked one by one', async () => {
    const sources = ['admin', 'promotion', 'trial', 'purchase', 'contract'] as const
    let revision = ''
    for (const [n, source] of sources.entries())
      ({ revision } = await give('stella', entitlement('ai_credits'), {
        value: number(10 ** n),
        source,
        sourceRef: `ref-${n}`,
      }))
    expect((await ask('stella', 'ai_credits', revision)).value?.kind.value).toBe(11_111)
    const taken = await call(method.revokeBySource)({ holder: person('stella'), source: 'contract', tenant })
    expect((await ask('stella', 'ai_credits', taken.revision)).value?.kind.value).toBe(1111)
    const more = await give('stella', entitlement('enterprise_sso'), { source: 'contract' })
    expect((await ask('stella', 'enterprise_sso', more.revision)).allowed).toBe(true)
    expect((await ask('stella', 'ai_credits', more.revision)).value?.kind.value).toBe(1111)
  })

  test('S004-3 somebody on Pro has the API limit of an enterprise, and stays on Pro', async () => {
    const pro = await give('ed', plan('pro'))
    expect((await ask('ed', 'api_calls', pro.revision)).value?.kind.value).toBe(10_000)
    const { revision } = await give('ed', entitlement('api_calls'), {
      effect: 3,
      value: number(1_000_000),
      source: 'contract',
      sourceRef: 'contract-7',
    })
    expect(await ask('ed', 'api_calls', revision)).toMatchObject({ tier: 'pro', allowed: true })
    expect((await ask('ed', 'api_calls', revision)).value?.kind.value).toBe(1_000_000)
  })

  test('S004-5 who has left keeps it to read', async () => {
    await give('lou', plan('pro'))
    await call(method.revokeEntitlement)({ holder: person('lou'), target: plan('pro'), tenant })
    const { revision } = await give('lou', plan('pro'), { access: 'read_only', reason: 'left' })
    const read = {
      entitlement: 'docs_paid',
      consistency: since(revision),
      context: { attributes: { access: 'read' } },
    }
    expect(said(await server.ask('lou', read))).toBe('yes READ_ONLY_ACCESS')
    expect((await ask('lou', 'docs_paid', revision)).allowed).toBe(false)
  })

  test('a right begins in the future and ends to the second, by no job; what ended comes back as a new one', async () => {
    const now = Date.now()
    const window = { startsAt: timestampOf(now + 2500), endsAt: timestampOf(now + 4500) }
    const { grant, revision } = await give('wendy', entitlement('docs_paid'), window)
    const early = await ask('wendy', 'docs_paid', revision)
    expect(said(early)).toBe('no NOT_YET_ACTIVE')
    expect(Number(early.expiresAt?.seconds)).toBe(Number(window.startsAt.seconds))
    await expect
      .poll(async () => said(await ask('wendy', 'docs_paid', revision)), { timeout: 4000 })
      .toBe('yes GRANTED')
    const live = await ask('wendy', 'docs_paid', revision)
    expect(Number(live.expiresAt?.seconds)).toBe(Number(window.endsAt.seconds))
    await expect
      .poll(async () => said(await ask('wendy', 'docs_paid', revision)), { timeout: 4000 })
      .toBe('no EXPIRED')
    const again = await give('wendy', entitlement('docs_paid'))
    expect(again).toMatchObject({ changed: true })
    expect(again.grant?.id).not.toBe(grant?.id)
    expect((await ask('wendy', 'docs_paid', again.revision)).allowed).toBe(true)
    const { grants } = await call(method.listGrants)({ holder: person('wendy'), includeEnded: true, tenant })
    expect(grants).toHaveLength(2)
  })

  test.each([
    ['that ends before it starts', 200, 100],
    ['that ends when it starts', 100, 100],
  ])('a window %s is refused', async (_, starts, ends) => {
    const window = { startsAt: timestampOf(starts * 1e9), endsAt: timestampOf(ends * 1e9) }
    expect(await failureOf(give('wim', entitlement('docs_paid'), window))).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'ends_at',
    })
  })
})

describe('one grant', () => {
  test('S004-22 S004-25 all that was said of it is there again: cost, metadata, reason, who and when', async () => {
    const metadata = { campaign: 'spring', steps: [1, 2], nested: { deep: true } }
    const { grant } = await give('meta', product('runner'), {
      costMicrocents: 1_500_000n,
      metadata,
      reason: 'a note',
      source: 'purchase',
      sourceRef: 'order-1',
    })
    const got = await call(method.getGrant)({ grant: grant?.id ?? '', tenant })
    expect(got.grant).toEqual(grant)
    expect(got.grant).toMatchObject({
      costMicrocents: 1_500_000n,
      metadata,
      reason: 'a note',
      source: 'purchase',
      sourceRef: 'order-1',
    })
    expect(got.grant?.grantedBy).not.toBe('')
    expect(got.grant?.grantedAt).toBeDefined()
    const large = give('meta', product('handbook'), { metadata: { text: 'x'.repeat(9000) } })
    expect(await failureOf(large)).toMatchObject({ code: 'INVALID_FIELD', field: 'metadata' })
    const negative = give('meta', product('handbook'), { costMicrocents: -1n })
    expect(await failureOf(negative)).toMatchObject({ code: 'INVALID_FIELD', field: 'cost_microcents' })
  })

  test('its end, value, reason, cost and overdue payment change by the mask, and the next question sees it', async () => {
    const { grant } = await give('uma', entitlement('api_calls'), { value: number(500) })
    const id = grant?.id ?? ''
    const change = (fields: object, paths: string[], etag = '') =>
      call(method.updateGrant)({ grant: { id, etag, ...fields }, updateMask: { paths }, tenant })
    const endsAt = timestampOf(Date.now() + 86_400_000)
    const first = await change({ value: number(700), endsAt }, ['value', 'ends_at'], grant?.etag)
    expect(first).toMatchObject({ changed: true })
    const answer = await ask('uma', 'api_calls', first.revision)
    expect(answer.value?.kind.value).toBe(700)
    expect(answer.expiresAt?.seconds).toBe(endsAt.seconds)
    expect(await failureOf(change({ reason: 'late' }, ['reason'], grant?.etag))).toMatchObject({
      code: 'ETAG_MISMATCH',
    })
    expect(await change({ value: number(700) }, ['value'])).toMatchObject({
      changed: false,
      revision: first.revision,
    })
    const open = await change({}, ['ends_at'])
    expect(open.grant?.endsAt).toBeUndefined()
    const overdue = await change({ pastDueAt: timestampOf(Date.now() - 1000) }, ['past_due_at'])
    expect(said(await ask('uma', 'api_calls', overdue.revision))).toBe('yes TIER GRACE')
    const noted = await change({ reason: 'by phone', costMicrocents: 7n, metadata: { a: 1 } }, [
      'reason',
      'cost_microcents',
      'metadata',
    ])
    expect(noted.grant).toMatchObject({ reason: 'by phone', costMicrocents: 7n, metadata: { a: 1 } })
  })

  test.each([
    ['an end before its start', { endsAt: timestampOf(1000) }, ['ends_at'], 'ends_at'],
    [
      'a value of the wrong kind',
      { value: { kind: { case: 'stringValue', value: 'many' } } },
      ['value'],
      'value',
    ],
    ['a negative value', { value: number(-1) }, ['value'], 'value'],
    ['another holder', {}, ['holder'], 'update_mask'],
    ['another target', {}, ['target'], 'update_mask'],
    ['another source', { source: 'stripe' }, ['source'], 'update_mask'],
    ['another state', {}, ['revoked_at'], 'update_mask'],
  ])('%s is no change it can have', async (name, fields, paths, field) => {
    const { grant } = await give(`fixed-${name.replaceAll(' ', '-')}`, entitlement('api_calls'), {
      value: number(1),
    })
    const attempt = call(method.updateGrant)({
      grant: { id: grant?.id ?? '', ...(fields as object) },
      updateMask: { paths },
      tenant,
    })
    expect(await failureOf(attempt)).toMatchObject({ code: 'INVALID_FIELD', field })
  })

  test('one that ended, was revoked, or is Stripe’s does not change', async () => {
    const { grant } = await give('gone', entitlement('docs_paid'))
    const id = grant?.id ?? ''
    const change = (grantId: string) =>
      call(method.updateGrant)({
        grant: { id: grantId, reason: 'x' },
        updateMask: { paths: ['reason'] },
        tenant,
      })
    await call(method.revokeEntitlement)({ grantId: id, reason: 'over', tenant })
    expect(await failureOf(change(id))).toMatchObject({ code: 'FAILED_PRECONDITION' })
    const stripes = await server.write(server.place.tenants.acme, async (tx, tenantId) => {
      const [row] = await tx<{ id: string }[]>`
        insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
        select ${tenantId}, gen_random_uuid(), g.subject_id, g.entitlement_id, 'stripe', 'sub_1', now()
        from vouchsafe.grants g where g.tenant_id = ${tenantId} and g.id = ${id.slice(4)} returning id`
      return row?.id ?? ''
    })
    expect(await failureOf(change(stripes))).toMatchObject({ code: 'FAILED_PRECONDITION', source: 'stripe' })
  })

  test('a dry run of new terms says who would lose, and changes nothing', async () => {
    const { grant } = await give('dry', entitlement('enterprise_sso'))
    const asked = {
      grant: { id: grant?.id ?? '', endsAt: timestampOf(Date.now() + 60_000) },
      updateMask: { paths: ['ends_at'] },
    }
    const tried = await call(method.updateGrant)({ ...asked, tenant, dryRun: true })
    expect(tried.preview).toBeDefined()
    expect((await call(method.getGrant)({ grant: grant?.id ?? '', tenant })).grant).toEqual(grant)
  })

  test('S004-30 a revocation says who and why, and the row stays', async () => {
    const { grant } = await give('rex', product('runner'))
    await call(method.revokeEntitlement)({ grantId: grant?.id ?? '', reason: 'asked for', tenant })
    const got = await call(method.getGrant)({ grant: grant?.id ?? '', tenant })
    expect(got.grant).toMatchObject({ revokeReason: 'asked for' })
    expect(got.grant?.revokedBy).not.toBe('')
    expect(got.grant?.revokedAt).toBeDefined()
  })

  test('a longer window does not run into the next grant of the same source and reference', async () => {
    const day = 86_400_000
    const now = Date.now()
    const { grant } = await give('ola', product('runner'), { endsAt: timestampOf(now + day) })
    await give('ola', product('runner'), { startsAt: timestampOf(now + 2 * day) })
    const longer = call(method.updateGrant)({
      grant: { id: grant?.id ?? '', endsAt: timestampOf(now + 3 * day) },
      updateMask: { paths: ['ends_at'] },
      tenant,
    })
    expect(await failureOf(longer)).toMatchObject({ code: 'FAILED_PRECONDITION' })
  })

  test('V28 another tenant reads, changes and lists none of ours', async () => {
    const { grant } = await give('ours', product('runner'))
    const id = grant?.id ?? ''
    const { client } = await server.caller(server.place.tenants.globex, 'tenant_admin')
    const failures = await Promise.all(
      [
        client.call(method.getGrant)({ grant: id }),
        client.call(method.updateGrant)({ grant: { id, reason: 'x' }, updateMask: { paths: ['reason'] } }),
        client.call(method.revokeEntitlement)({ grantId: id }),
        client.call(method.listGrantedProducts)({ holder: person('ours') }),
      ].map(failureOf),
    )
    for (const failure of failures) expect(failure).toMatchObject({ code: 'NOT_FOUND' })
    const byReference = await client.call(method.revokeByReference)({ sourceRef: 'order-1' })
    expect(byReference.count).toBe(0)
  })
})

describe('trials', () => {
  const trial = (sub: string, key: string, days = 0) =>
    call(method.startTrial)({ holder: person(sub), plan: key, days, tenant })

  beforeAll(async () => {
    for (const key of ['trial-a', 'trial-b']) {
      const made = { key, kind: 'addon', group: 'shared', trialDays: key === 'trial-a' ? 14 : 0 }
      await call(PlanService.method.createPlan)({ plan: made, tenant })
      await call(PlanService.method.createPlanVersion)({
        plan: key,
        items: [{ entitlement: 'reports' }, { entitlement: 'api_access' }],
        tenant,
      })
      await call(PlanService.method.publishPlanVersion)({ version: `${key}@1`, tenant })
    }
  })

  test('S004-4 a trial gives the plan for its days and ends by itself; a second one of the group is refused and names the first', async () => {
    const started = await trial('tia', 'trial-a')
    expect(started.group).toBe('shared')
    const { startsAt, endsAt } = started.grant ?? {}
    expect(Number(endsAt?.seconds) - Number(startsAt?.seconds)).toBe(14 * 86_400)
    const answer = await ask('tia', 'reports', started.revision)
    expect(said(answer)).toBe('yes TRIAL')
    expect(answer.expiresAt?.seconds).toBe(endsAt?.seconds)
    const grant = started.grant?.id ?? ''
    const refused = { code: 'FAILED_PRECONDITION', group: 'shared', grant }
    expect(await failureOf(trial('tia', 'trial-a'))).toMatchObject(refused)
    expect(await failureOf(trial('tia', 'trial-b', 7))).toMatchObject(refused)
    await call(method.revokeEntitlement)({ grantId: grant, tenant })
    expect(await failureOf(trial('tia', 'trial-b', 7))).toMatchObject({ code: 'FAILED_PRECONDITION', grant })
  })

  test('a plan that does not say for how long needs the days; a trial that came another way counts', async () => {
    expect(await failureOf(trial('tom', 'trial-b'))).toMatchObject({ code: 'INVALID_FIELD', field: 'days' })
    await give('tom', plan('trial-b'), {
      source: 'trial',
      sourceRef: 'import',
      endsAt: timestampOf(Date.now() + 1e6),
    })
    expect(await failureOf(trial('tom', 'trial-a'))).toMatchObject({ code: 'FAILED_PRECONDITION' })
    expect(await failureOf(trial('tom', 'not-there', 3))).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a trial in a module of organizations names the organization, and counts there only', async () => {
    const inWorkplace = (more: object) =>
      call(method.startTrial)({
        holder: person('wes'),
        plan: 'trial-a',
        module: 'workplace',
        tenant,
        ...more,
      })
    expect(await failureOf(inWorkplace({}))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      module: 'workplace',
    })
    const { grant, revision } = await inWorkplace({ scopeOrganization: 'initech' })
    expect(grant?.scopeOrganization).toMatch(/^org_/)
    expect((await ask('wes', 'reports', revision)).allowed).toBe(false)
  })

  test('sixty-four who start the same trial at once have it once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, () => trial('racer', 'trial-a')))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { grants } = await call(method.listGrants)({ holder: person('racer'), includeEnded: true, tenant })
    expect(grants).toHaveLength(1)
  })

  test('F9 a repeat of a started trial gets the first answer', async () => {
    const asked = { holder: person('repeat'), plan: 'trial-a', requestId: crypto.randomUUID(), tenant }
    const answers = await Promise.all(Array.from({ length: 64 }, () => call(method.startTrial)(asked)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })
})
