import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EntitlementService } from '#gen/vouchsafe/admin/v1/entitlement_service_pb.ts'
import { ModuleService } from '#gen/vouchsafe/admin/v1/module_service_pb.ts'
import { PlanService } from '#gen/vouchsafe/admin/v1/plan_service_pb.ts'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import { ResourceService } from '#gen/vouchsafe/admin/v1/resource_service_pb.ts'
import { RouteService } from '#gen/vouchsafe/admin/v1/route_service_pb.ts'
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
const call: Server['operator']['call'] = (method) => server.operator.call(method)
const entitlements = EntitlementService.method
const plans = PlanService.method
const prices = PriceService.method
const define = (key: string, more: object = {}) =>
  call(entitlements.createEntitlement)({
    entitlement: { key, kind: 'boolean', combine: 'any', ...more },
    tenant,
  })
const since = (revision: string) => ({ demand: { case: 'atLeast', value: revision } }) as const

describe('entitlements', () => {
  test('S000-19 S003-45 a definition is data: made, changed and archived while the server runs', async () => {
    const made = await define('brand_new', { families: ['brand_new*'], requires: ['docs_paid'], denyAs: 404 })
    expect(made.entitlement).toMatchObject({ kind: 'boolean', denyAs: 404, families: ['brand_new*'] })
    expect(made.entitlement?.failMode).toMatchObject({ mode: 'last_known', forMs: 86_400_000n })
    const consistency = since(made.revision)
    expect((await server.ask('alice', { entitlement: 'brand_new', consistency })).denyAs).toBe(404)
    const archived = await call(entitlements.updateEntitlement)({
      entitlement: { key: 'brand_new', archived: true },
      updateMask: { paths: ['archived'] },
      tenant,
    })
    expect(archived.entitlement).toMatchObject({ archived: true, denyAs: 404, families: ['brand_new*'] })
    const asked = await server.ask('alice', {
      entitlement: 'brand_new',
      consistency: since(archived.revision),
    })
    expect(said(asked)).toBe('no ENTITLEMENT_UNKNOWN')
    const again = await call(entitlements.updateEntitlement)({
      entitlement: { key: 'brand_new', archived: true },
      updateMask: { paths: ['archived'] },
      tenant,
    })
    expect(again.revision).toBe(archived.revision)
  })

  test.each([
    ['no kind', { kind: '' }, 'kind'],
    ['no combine', { combine: '' }, 'combine'],
    ['an attribute without a type', { attributes: { region: { required: true } } }, 'attributes'],
    ['an attribute of an unknown type', { attributes: { region: { type: 'date' } } }, 'attributes'],
    [
      'an attribute with a misspelt rule',
      { attributes: { region: { type: 'string', requierd: true } } },
      'attributes',
    ],
  ])('%s is refused and names the field', async (_, more, field) => {
    expect(await failureOf(define('never_made', more))).toMatchObject({ code: 'INVALID_FIELD', field })
    expect(
      await failureOf(call(entitlements.getEntitlement)({ entitlement: 'never_made', tenant })),
    ).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test.each([
    'Docs',
    'docs paid',
    "docs'; drop table grants;--",
    'docs\u0000',
    'ｄocs',
    'a:b:c',
    'product:course',
    'content:page',
    'navigation:menu',
    '',
    'x'.repeat(64),
  ])('V14 the key %j is refused', async (key) => {
    expect(await failureOf(define(key))).toMatchObject({ code: 'INVALID_FIELD' })
  })

  test('what is required has to be there', async () => {
    expect(await failureOf(define('needs_more', { requires: ['not_there'] }))).toMatchObject({
      code: 'NOT_FOUND',
      name: 'not_there',
    })
  })
})

describe('modules', () => {
  test('S003-3 each module says how its users are provisioned, by configuration', async () => {
    for (const provisioning of ['org_hierarchy', 'direct_user', 'delegated_admin']) {
      const { module } = await call(ModuleService.method.createModule)({
        module: { key: `by-${provisioning.replace('_', '-')}`, provisioning },
        tenant,
      })
      expect(module).toMatchObject({ provisioning, zone: 'UTC' })
    }
    const nowhere = call(ModuleService.method.createModule)({
      module: { key: 'lost', zone: 'Mars/Olympus' },
      tenant,
    })
    expect(await failureOf(nowhere)).toMatchObject({ code: 'INVALID_FIELD', field: 'zone' })
  })
})

describe('plans', () => {
  const item = (entitlement: string) => ({ entitlement })

  test('a published version never changes; the next one is for new grants, and old ones keep theirs', async () => {
    await define('first_feature')
    await define('second_feature')
    await call(plans.createPlan)({ plan: { key: 'steady', kind: 'base' }, tenant })
    const draft = await call(plans.createPlanVersion)({
      plan: 'steady',
      items: [item('first_feature')],
      tenant,
    })
    await call(plans.publishPlanVersion)({ version: 'steady@1', etag: draft.version?.etag ?? '', tenant })
    const changed = call(plans.updatePlanVersion)({
      version: 'steady@1',
      items: [item('second_feature')],
      tenant,
    })
    expect(await failureOf(changed)).toMatchObject({ code: 'FAILED_PRECONDITION' })

    const grantTo = (subject: string) =>
      server.operator.grant({
        holder: { holder: { case: 'identity', value: { issuer: devIss, subject } } },
        target: { target: { case: 'plan', value: 'steady' } },
        tenant,
      })
    await grantTo('early')
    await call(plans.createPlanVersion)({
      plan: 'steady',
      items: [item('first_feature'), item('second_feature')],
      tenant,
    })
    await call(plans.publishPlanVersion)({ version: 'steady@2', tenant })
    const { revision } = await grantTo('late')
    const question = { entitlement: 'second_feature', consistency: since(revision) }
    expect(said(await server.ask('early', question))).toBe('no NO_GRANT')
    expect(said(await server.ask('late', question))).toMatch(/^yes /)

    await call(plans.retirePlanVersion)({ version: 'steady@2', tenant })
    const { plan } = await call(plans.getPlan)({ plan: 'steady', tenant })
    expect(plan?.currentVersion).toBe(1)
    const { versions } = await call(plans.listPlanVersions)({ plan: 'steady', tenant })
    expect(versions.map(({ n, status }) => [n, status])).toEqual([
      [1, 'published'],
      [2, 'retired'],
    ])
  })

  test('a draft that was changed meanwhile is not published', async () => {
    await call(plans.createPlan)({ plan: { key: 'contested', kind: 'addon' }, tenant })
    const draft = await call(plans.createPlanVersion)({
      plan: 'contested',
      items: [item('docs_paid')],
      tenant,
    })
    await call(plans.updatePlanVersion)({ version: 'contested@1', items: [], tenant })
    const attempt = call(plans.publishPlanVersion)({
      version: 'contested@1',
      etag: draft.version?.etag ?? '',
      tenant,
    })
    expect(await failureOf(attempt)).toMatchObject({ code: 'ETAG_MISMATCH' })
  })

  test.each([
    ['an unknown entitlement', [{ entitlement: 'not_there' }], 'NOT_FOUND'],
    ['an item of nothing', [{}], 'INVALID_FIELD'],
    ['an item of two things', [{ entitlement: 'docs_paid', product: 'x' }], 'INVALID_FIELD'],
    ['one thing twice', [{ entitlement: 'docs_paid' }, { entitlement: 'docs_paid' }], 'INVALID_FIELD'],
    [
      'a negative value',
      [{ entitlement: 'api_calls', value: { kind: { case: 'numberValue', value: -1 } as const } }],
      'INVALID_FIELD',
    ],
  ])('%s is refused, and no version is left behind', async (name, items, code) => {
    const plan = `bad-${name.replaceAll(' ', '-')}`
    await call(plans.createPlan)({ plan: { key: plan, kind: 'base' }, tenant })
    expect(await failureOf(call(plans.createPlanVersion)({ plan, items, tenant }))).toMatchObject({ code })
    expect((await call(plans.listPlanVersions)({ plan, tenant })).versions).toEqual([])
  })

  test('many drafts made at once have a number each', async () => {
    await call(plans.createPlan)({ plan: { key: 'busy', kind: 'base' }, tenant })
    await Promise.all(
      Array.from({ length: 8 }, () => call(plans.createPlanVersion)({ plan: 'busy', tenant })),
    )
    const { versions } = await call(plans.listPlanVersions)({ plan: 'busy', tenant })
    expect(versions.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('prices', () => {
  test('S001-6 S001-14 S001-28 a price gives several things, a thing has several prices; the same again is nothing new', async () => {
    const map = (externalId: string, entitlement: string) =>
      call(prices.mapPrice)({
        mapping: { externalId, target: { case: 'entitlement', value: entitlement } },
        tenant,
      })
    const first = await map('price_bundle', 'docs_paid')
    expect(first).toMatchObject({ changed: true, mapping: { match: 'price', externalId: 'price_bundle' } })
    expect(await map('price_bundle', 'docs_paid')).toMatchObject({ changed: false, revision: first.revision })
    await map('price_bundle', 'api_calls')
    await map('price_other', 'docs_paid')
    const all = await call(prices.listPriceMappings)({ tenant })
    const shown = all.mappings.map(({ externalId, target }) => `${externalId} ${target.value}`)
    expect(shown).toEqual(
      expect.arrayContaining(['price_bundle api_calls', 'price_bundle docs_paid', 'price_other docs_paid']),
    )
    const mapping = first.mapping?.id ?? ''
    expect(await call(prices.unmapPrice)({ mapping, tenant })).toMatchObject({ changed: true })
    expect(await call(prices.unmapPrice)({ mapping, tenant })).toMatchObject({ changed: false })
  })

  test('a plan without a version is mapped to its newest published one', async () => {
    const { mapping } = await call(prices.mapPrice)({
      mapping: { externalId: 'price_pro', target: { case: 'plan', value: 'pro' } },
      tenant,
    })
    expect(mapping?.target.value).toMatch(/^pro@\d+$/)
  })
})

describe('routes and resources', () => {
  const { createRoute, deleteRoute, updateRoute } = RouteService.method

  test('a route needs something, or says that it is public', async () => {
    const route = {
      method: 'GET',
      pattern: '/{org}/files/{file}',
      allOf: ['docs_paid'],
      context: { organization: 'org' },
    }
    const made = await call(createRoute)({ route, tenant })
    expect(made.route).toMatchObject({ ...route, host: '*', public: false })
    expect(await failureOf(call(createRoute)({ route, tenant }))).toMatchObject({ code: 'ALREADY_EXISTS' })
    const id = made.route?.id ?? ''
    const opened = call(updateRoute)({
      route: { id, public: true },
      updateMask: { paths: ['public'] },
      tenant,
    })
    expect(await failureOf(opened)).toMatchObject({ code: 'INVALID_FIELD', field: 'public' })
    const cleared = call(updateRoute)({ route: { id }, updateMask: { paths: ['all_of'] }, tenant })
    expect(await failureOf(cleared)).toMatchObject({ code: 'INVALID_FIELD', field: 'public' })
    expect(made.route?.partialBody).toBe(false)
    const enough = { route: { id, partialBody: true }, updateMask: { paths: ['partial_body'] }, tenant }
    expect((await call(updateRoute)(enough)).route).toMatchObject({ ...route, partialBody: true })
    await call(deleteRoute)({ route: id, tenant })
    expect(await failureOf(call(deleteRoute)({ route: id, tenant }))).toMatchObject({ code: 'NOT_FOUND' })
  })

  test.each(['files', '/a/../b', '/a//b', '/a/{b', '/{x}/{x}', '/a?b', '/a%2fb', '/a\\b', '/ü'])(
    'the pattern %j is refused',
    async (pattern) => {
      const attempt = call(createRoute)({ route: { pattern, public: true }, tenant })
      expect(await failureOf(attempt)).toMatchObject({ code: 'INVALID_FIELD', field: 'pattern' })
    },
  )

  test.each([
    'api.example:8443',
    'api.example.',
    '*.example',
    'bücher.example',
    'https://api.example',
    'a b',
  ])(
    'V26 the host %j, which no request has, is refused: wider routes would have its requests',
    async (host) => {
      const attempt = call(createRoute)({ route: { host, pattern: '/hosts', public: true }, tenant })
      expect(await failureOf(attempt)).toMatchObject({ code: 'INVALID_FIELD', field: 'host' })
    },
  )

  test('S003-8 S003-9 a resource is shown to who holds what it needs, as soon as it says so', async () => {
    const { putResource, deleteResource, listResources } = ResourceService.method
    const resource = { kind: 'navigation', key: 'reports', name: 'Reports', entitlement: 'docs_paid' }
    const visible = async (revision: string) => {
      const accessToken = await server.place.token('alice')
      const subject = { subject: { case: 'accessToken', value: accessToken } } as const
      const asked = { subject, kind: 'navigation', ids: ['reports'], consistency: since(revision) }
      return (await server.operator.filterResources(asked)).ids
    }
    const put = await call(putResource)({ resource, tenant })
    expect(await visible(put.revision)).toEqual([])
    const open = await call(putResource)({ resource: { ...resource, entitlement: '' }, tenant })
    expect(await visible(open.revision)).toEqual(['reports'])
    const listed = await call(listResources)({ kind: 'navigation', tenant })
    expect(listed.resources.map(({ key }) => key)).toContain('reports')
    const gone = await call(deleteResource)({ kind: 'navigation', key: 'reports', tenant })
    expect(await visible(gone.revision)).toEqual([])
  })
})
