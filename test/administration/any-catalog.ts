import fc from 'fast-check'

type Named = Readonly<Record<string, unknown>>

/** Catalogues as people write them: keys that refer to each other, much left out, some of it retired. */
export type AnyCatalog = {
  readonly modules: readonly Named[]
  readonly entitlements: readonly Named[]
  readonly products: readonly Named[]
  readonly plans: readonly Named[]
  readonly price_mappings: readonly Named[]
  readonly routes: readonly Named[]
  readonly resources: readonly Named[]
}

const pool = (prefix: string, n: number) => Array.from({ length: n }, (_, at) => `${prefix}${at}`)
const entitlementKeys = [...pool('ent', 6), 'track:a', 'track:b']
const productKeys = pool('prod', 3)
const planKeys = pool('plan', 3)

const text = fc.constantFrom(
  '',
  'A name',
  'Größe "x": # no comment',
  'multi\nline',
  '2024-01-01',
  'yes',
  '007',
)
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const record = (shape: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Named> =>
  fc
    .record(shape)
    .map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined)))
const subset = (keys: readonly string[], most = 3) =>
  fc.subarray([...keys], { maxLength: Math.min(most, keys.length) })

// By key, so that a plan's item fits what it gives.
const kindOf = (key: string) => (key === 'ent0' ? 'limit' : key === 'ent1' ? 'config' : 'boolean')

const entitlement = (key: string, all: readonly string[]) =>
  record({
    key: fc.constant(key),
    kind: fc.constant(kindOf(key)),
    combine: fc.constantFrom('any', 'max', 'sum', 'union'),
    name: some(text),
    unit: some(fc.constantFrom('', 'requests')),
    requires: some(subset(all.filter((each) => each !== key))),
    requires_facts: some(subset(['completed:module-1', 'signed'])),
    attributes: some(fc.constantFrom({}, { country: { type: 'string', required: true } })),
    experiment: some(fc.constant({ key: 'exp', variants: ['a', 'b'] })),
    deny_as: some(fc.constantFrom(0, 403, 404, 429)),
    fail_mode: some(
      fc.constantFrom({ mode: 'open' }, { mode: 'closed' }, { mode: 'last_known', for_ms: 3_600_000 }),
    ),
    families: some(subset(['ent*', 'docs_paid*', 'x:*'])),
  })

const product = (key: string) =>
  record({
    key: fc.constant(key),
    name: some(text),
    requires_entitlement: some(fc.boolean()),
    retired: some(fc.boolean()),
    surfaces: some(
      fc.uniqueArray(
        record({
          surface: fc.constantFrom('use', 'docs', 'manifest'),
          open: some(fc.boolean()),
          deny_as: some(fc.constantFrom(0, 404)),
        }),
        { selector: ({ surface }) => surface, maxLength: 2 },
      ),
    ),
  })

const item = (entitlements: readonly string[], products: readonly string[]) => {
  const given = entitlements.map((key) => {
    const value: fc.Arbitrary<unknown> =
      kindOf(key) === 'limit'
        ? fc.constantFrom(0, 7, 'unlimited')
        : fc.constantFrom('x', ['a', 'b'], { b: 1, a: 2 })
    return record({
      entitlement: fc.constant(key),
      value: kindOf(key) === 'boolean' ? fc.constant(undefined) : some(value),
    })
  })
  return fc.oneof(...given, ...products.map((key) => fc.constant<Named>({ product: key })))
}

const target = ({ entitlement: key, product: other }: Named) => String(key ?? `product ${other}`)

const plan = (key: string, entitlements: readonly string[], products: readonly string[]) => {
  const nothing = entitlements.length + products.length === 0
  return record({
    key: fc.constant(key),
    kind: fc.constant(key === 'plan0' ? 'tier' : 'addon'),
    name: some(text),
    rank: some(fc.nat(5)),
    group: some(fc.constantFrom('', 'pro')),
    items: nothing
      ? fc.constant(undefined)
      : some(fc.uniqueArray(item(entitlements, products), { selector: target, maxLength: 4 })),
    unpublished: some(fc.constantFrom(false, false, true)),
  })
}

export const anyCatalog: fc.Arbitrary<AnyCatalog> = fc
  .record({
    entitlements: subset(entitlementKeys, 8),
    products: subset(productKeys),
    plans: subset(planKeys),
  })
  .chain((keys) =>
    fc.record({
      modules: fc.subarray(['app', 'learn']).chain((all) =>
        fc.tuple(
          ...all.map((key) =>
            record({
              key: fc.constant(key),
              provisioning: some(fc.constantFrom('org_hierarchy', 'direct_user', 'delegated_admin')),
              member_entitlement: some(fc.constantFrom('', ...keys.entitlements)),
              zone: some(fc.constantFrom('', 'UTC', 'Europe/Berlin')),
            }),
          ),
        ),
      ),
      entitlements: fc.tuple(...keys.entitlements.map((key) => entitlement(key, keys.entitlements))),
      products: fc.tuple(...keys.products.map(product)),
      plans: fc.tuple(...keys.plans.map((key) => plan(key, keys.entitlements, keys.products))),
      routes: fc.uniqueArray(
        fc.oneof(
          record({
            pattern: fc.constantFrom('/', '/docs', '/apps/{app}'),
            public: fc.constant(true),
            method: some(fc.constant('GET')),
            partial_body: some(fc.boolean()),
          }),
          record({
            pattern: fc.constantFrom('/paid/{org}', '/{org}'),
            host: some(fc.constantFrom('*', 'api.test')),
            any_of: fc.constant(['ent0']),
            all_of: some(fc.constant(['ent1'])),
            context: some(fc.constant({ organization: 'org' })),
          }),
        ),
        { selector: ({ host = '*', method = '*', pattern }) => `${method} ${host} ${pattern}`, maxLength: 4 },
      ),
      resources: fc.uniqueArray(
        record({
          kind: fc.constantFrom('content', 'navigation'),
          key: fc.constantFrom('home', 'lesson/1'),
          name: some(text),
          entitlement: some(fc.constantFrom('', ...keys.entitlements)),
        }),
        { selector: ({ kind, key }) => `${kind} ${key}`, maxLength: 4 },
      ),
      price_mappings: fc
        .uniqueArray(
          fc.oneof(
            ...[{ entitlement: keys.entitlements }, { product: keys.products }]
              .flatMap((each) => Object.entries(each))
              .filter(([, all]) => all.length > 0)
              .map(([name, all]) =>
                fc
                  .tuple(
                    record({
                      match: some(fc.constantFrom('price', 'lookup_key')),
                      external_id: fc.constantFrom('price_1', 'price_2'),
                      [name]: fc.constantFrom(...all),
                    }),
                    fc.constantFrom(
                      {},
                      { quantity: 'ignored' },
                      { quantity: 'seats', pool: 'desk' },
                      { quantity: 'follows_seats', pool: 'desk' },
                    ),
                  )
                  .map((parts): Named => Object.assign({}, ...parts)),
              ),
            fc.constant<Named>({}),
          ),
          {
            selector: (each) =>
              JSON.stringify({ match: 'price', ...each }, ['match', 'external_id', 'product', 'entitlement']),
            maxLength: 3,
          },
        )
        .map((all) => all.filter((each) => 'external_id' in each)),
    }),
  )
  // Every plan that is for sale has a price that follows it.
  .map((catalog) => ({
    ...catalog,
    price_mappings: [
      ...catalog.price_mappings,
      ...catalog.plans
        .filter(({ unpublished }) => unpublished !== true)
        .map(({ key }) => ({ external_id: `price_${key}`, plan: key })),
    ],
  }))
