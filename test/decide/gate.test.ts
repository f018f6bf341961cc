import { expect, test } from 'vitest'
import type { Route } from '#core/route.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { grant, person, tenantId } from '#test/fixtures/view.ts'
import { catalogue, now } from './any-world.ts'
import { service, verbsOver } from './asking.ts'

const bundle = await activeBundle()
const route = (id: string, pattern: string, more: Partial<Route> = {}): Route => ({
  id,
  host: '*',
  method: '*',
  pattern,
  public: false,
  any_of: [],
  all_of: [],
  context: {},
  ...more,
})
const docs = [...catalogue.entitlements.values()].find(({ key }) => key === 'docs')?.id ?? ''
const paid = [...catalogue.entitlements.values()].find(({ key }) => key === 'paid')?.id ?? ''

const routes = [
  route('open', '/open', { public: true }),
  route('docs', '/docs/{page}', { all_of: ['docs'] }),
  route('either', '/either', { any_of: ['paid', 'docs'] }),
  route('both', '/both', { all_of: ['docs', 'paid'] }),
  route('one', '/twice/{a}', { all_of: ['docs'] }),
  route('two', '/twice/{b}', { all_of: ['paid'] }),
  route('none', '/none', { public: false }),
  route('files', '/apps/{app}/{rest...}', {
    method: 'GET',
    all_of: ['download'],
    context: { product: 'app', team: 'rest' },
  }),
]
const holds = (...targets: string[]) =>
  verbsOver([{ catalogue, routes, grants: { alice: targets.map((target) => grant({ target })) } }], {
    bundle,
    now,
  })
const asker = { caller: service, principal: person() }
const get = (target: string, method = 'GET') => ({ method, host: 'h', target })

test('S000-12 S000-14 a route asks for what it names, and is 403 without it', () => {
  const { gate } = holds(docs)
  expect(gate(tenantId, asker, get('/docs/a?x=1'))).toMatchObject({
    allowed: true,
    keys: ['docs'],
    route: { id: 'docs' },
  })
  expect(gate(tenantId, asker, get('/either'))).toMatchObject({ allowed: true, keys: ['docs'] })
  expect(gate(tenantId, asker, get('/both'))).toMatchObject({ allowed: false, deny_as: 403, keys: ['paid'] })
  expect(gate(tenantId, asker, get('/twice/1'))).toMatchObject({ allowed: false, keys: ['paid'] })
  expect(holds(docs, paid).gate(tenantId, asker, get('/twice/1')).allowed).toBe(true)
  expect(holds(docs, paid).gate(tenantId, asker, get('/both'))).toMatchObject({ keys: ['docs', 'paid'] })
})

test('S003-35 what no route covers is denied', () => {
  const { gate } = holds(docs, paid)
  for (const [target, method] of [
    ['/nowhere', 'GET'],
    ['/docs', 'GET'],
    ['/Docs/a', 'GET'],
    ['/docs/a/', 'GET'],
    ['/apps/x/y', 'POST'],
    ['/none', 'GET'],
  ] as const) {
    expect(gate(tenantId, asker, get(target, method))).toMatchObject({
      allowed: false,
      code: 'ROUTE_UNKNOWN',
      deny_as: 403,
    })
  }
})

test('without a token only what is public passes', () => {
  const { gate, decided } = holds(docs)
  expect(gate(tenantId, undefined, get('/open'))).toMatchObject({ allowed: true, code: 'PUBLIC' })
  expect(gate(tenantId, undefined, get('/docs/a'))).toMatchObject({ code: 'TOKEN_MISSING', deny_as: 401 })
  expect(decided).toEqual([])
})

test.each([
  '//docs/a',
  '/open/../docs/a',
  '/docs/a;x',
  '/docs/%61',
  '/docs/a%2fb',
  '/%64ocs/a',
  '/docs//a',
  '/docs/a#',
])('V26 V39 %s passes no route, however it might be resolved', (target) => {
  const { gate } = holds(docs, paid)
  expect(gate(tenantId, asker, get(target))).toMatchObject({ allowed: false })
  expect(gate(tenantId, undefined, get(`${target}?x=/open`)).allowed).toBe(false)
})

test('V25 V39 a public path in a query, a segment or a parameter widens nothing', () => {
  const { gate } = holds()
  for (const target of ['/docs/open', '/docs/a?/open', '/docs/a?next=/open', '/docs/open?open'])
    expect(gate(tenantId, asker, get(target))).toMatchObject({ allowed: false, route: { id: 'docs' } })
})

test.each(['', ':80', 'h\0', 'a b', 'h:1:2', 'h/x', '[::1', 'ä', 'h,g', 'h..', '.h', 'a..h', '.', '..:80'])(
  'a host %j is none',
  (host) => {
    const { gate } = holds(docs)
    expect(gate(tenantId, asker, { ...get('/docs/a'), host })).toMatchObject({ code: 'HOST_REFUSED' })
  },
)

test.each(['CONNECT', 'get', '', 'GET POST', 'G\r\n'])('a method %j is none', (method) => {
  expect(holds(docs).gate(tenantId, asker, get('/docs/a', method))).toMatchObject({ code: 'METHOD_REFUSED' })
})

test('S001-18 S001-20 the path names the product that is asked about', () => {
  const { gate, decided } = holds()
  const answer = gate(tenantId, asker, get('/apps/nothing/v1/win/setup.exe'))
  expect(answer).toMatchObject({ allowed: false, code: 'PRODUCT_UNKNOWN', deny_as: 404 })
  expect(decided[0]?.question).toMatchObject({
    entitlement: 'download',
    resource: { kind: 'product', id: 'nothing' },
    context: { attributes: { team: 'v1/win/setup.exe' } },
  })
  expect(decided[0]?.asker.route).toBe('GET /apps/{app}/{rest...}')
})
