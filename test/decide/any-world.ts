import fc from 'fast-check'
import type { Catalogue, Giving, Plan } from '#core/catalogue.ts'
import type { Grant } from '#core/grant.ts'
import type { Json } from '#core/json.ts'
import type { Principal } from '#core/principal.ts'
import type { Question } from '#decide/verbs.ts'
import { emptyCatalogue, entitlement, gives, person, tierPlan, type World } from '#test/fixtures/view.ts'
import { oneIn } from '#test/one-in.ts'

/** The time at which every random question is asked. */
export const now = 1_795_428_000_000
const day = 86_400_000

const path = (...ids: string[]) => ({ id: ids.at(-1) ?? '', key: `${ids.at(-1)}-key`, path: ids })
export const organizations = [
  path('company'),
  path('company', 'team'),
  path('company', 'sibling'),
  path('company', 'team', 'squad'),
  path('rival'),
]
const orgIds = organizations.map(({ id }) => id)

const definitions = [
  entitlement('docs'),
  entitlement('member'),
  entitlement('paid'),
  entitlement('guarded', { requires: ['paid'] }),
  entitlement('seats', { kind: 'limit', combine: 'max' }),
  entitlement('units', { kind: 'limit', combine: 'sum' }),
]
const product = (key: string, requires: boolean, surfaces: Record<string, { open?: boolean }> = {}) => ({
  id: `p-${key}`,
  key,
  name: key,
  requires_entitlement: requires,
  active: true,
  surfaces: new Map(Object.entries(surfaces)),
})
const products = [
  product('app', true, { manifest: { open: true } }),
  product('guide', false, { download: { open: false } }),
]
const basic: Plan = { id: 'p-basic', key: 'basic', kind: 'base', rank: 0, current: 'v-basic' }
const plans = [basic, tierPlan('free', 0), tierPlan('pro', 2)]
/** Plan version → what it includes, with the value. */
export const items: Readonly<Record<string, Readonly<Record<string, Json | undefined>>>> = {
  'v-basic': { docs: undefined, seats: 3, 'product:app': undefined },
  'v-free': { units: 1 },
  'v-pro': { docs: undefined, paid: undefined, units: 5, seats: 'unlimited', 'product:guide': undefined },
}
const targets = [...definitions.map(({ id }) => id), ...products.map(({ id }) => id), ...Object.keys(items)]
const modules = [
  { key: 'plain', provisioning: 'direct_user', zone: 'UTC' },
  { key: 'club', provisioning: 'direct_user', zone: 'UTC', member_entitlement: 'member' },
] as const

function givers(): Catalogue['givers'] {
  const all = new Map<string, Map<string, Giving>>()
  const own = [
    ...definitions.map(({ id, key }) => [key, id, 'entitlement'] as const),
    ...products.map(({ id, key }) => [`product:${key}`, id, 'product'] as const),
  ]
  for (const [key, id, kind] of own) {
    const of = new Map([[id, gives(kind)]])
    for (const plan of plans) {
      const version = plan.current ?? ''
      const included = items[version] ?? {}
      if (!(key in included)) continue
      const value = included[key]
      of.set(version, gives('plan', { plan: plan.key, ...(value !== undefined && { value }) }))
    }
    all.set(key, of)
  }
  return all
}

export const catalogue: Catalogue = {
  ...emptyCatalogue(),
  tenant: { ...emptyCatalogue().tenant, default_tier: 'free' },
  modules: new Map(modules.map((each) => [each.key, each])),
  entitlements: new Map(definitions.map((each) => [each.key, each])),
  products: new Map(products.map((each) => [each.key, each])),
  plans: new Map(plans.map((each) => [each.key, each])),
  plan_versions: new Map(plans.map((each) => [each.current ?? '', each])),
  givers: givers(),
  resources: new Map([
    ['content:lesson', { kind: 'content', key: 'lesson', entitlement: 'docs' }],
    ['content:intro', { kind: 'content', key: 'intro' }],
  ]),
}

/** Around the moments that matter: now, the days of grace, starts and ends. */
const moment = fc
  .constantFrom(-70, -8, -7, -1, 0, 1, 2)
  .chain((days) => fc.constantFrom(-1, 0, 1).map((ms) => now + days * day + ms))
const stated: fc.Arbitrary<Json> = fc.oneof(fc.nat(6), fc.constant<Json>('unlimited'))

/** Who holds a grant, and the grant. What is undefined is left out, as in a stored row. */
export function anyHeld(effects: readonly Grant['effect'][]): fc.Arbitrary<readonly [string, Grant]> {
  return fc
    .record({
      holder: fc.constantFrom('alice', 'alice', 'alice', 'bob', ...orgIds),
      id: fc.uuid(),
      target: fc.constantFrom(...targets),
      effect: fc.constantFrom(...effects),
      source: fc.constantFrom<Grant['source']>('admin', 'stripe', 'trial', 'promotion', 'default'),
      access: fc.constantFrom<Grant['access']>('full', 'full', 'full', 'read_only'),
      starts_at: fc.oneof(fc.constant(0), moment),
      ends_at: oneIn(2, moment),
      revoked_at: oneIn(6, moment),
      past_due_at: oneIn(4, moment),
      value: oneIn(3, stated),
      module: oneIn(6, fc.constantFrom('plain', 'club')),
      scope: oneIn(4, fc.constantFrom(...orgIds)),
      pool: oneIn(3, fc.constantFrom('desk', 'lab')),
    })
    .map(({ holder, scope, pool, ...rest }) => {
      const place = holder === 'alice' || holder === 'bob' ? { scope } : { pool }
      const grant = JSON.parse(JSON.stringify({ ...rest, ...place, source_ref: 'ref' })) as Grant
      return [holder, grant] as const
    })
}

const anyPrincipal: fc.Arbitrary<Principal> = fc
  .record({
    roles: fc.constantFrom([], [], [], ['admin']),
    entitlements: fc.constantFrom([], [], ['docs'], ['paid', 'member'], ['nonsense']),
    tier: oneIn(3, fc.constantFrom('pro', 'free', 'platinum')),
    issued: moment,
  })
  .map(({ roles, entitlements, tier, issued }) =>
    person({
      claims: { roles, entitlements, attributes: {}, ...(tier !== undefined && { tier }) },
      token_issued_at: issued,
    }),
  )

export const anyQuestion: fc.Arbitrary<Question> = fc
  .record({
    asked: fc.constantFrom<Pick<Question, 'entitlement' | 'resource'>>(
      ...definitions.map(({ key }) => ({ entitlement: key })),
      ...['use', 'manifest', 'download'].flatMap((surface) =>
        products.map(({ key }) => ({
          entitlement: surface,
          resource: { kind: 'product', id: key } as const,
        })),
      ),
      { entitlement: 'use', resource: { kind: 'content', id: 'lesson' } },
      { entitlement: 'use', resource: { kind: 'content', id: 'intro' } },
      { entitlement: 'unknown' },
      { entitlement: 'use', resource: { kind: 'product', id: 'unknown' } },
    ),
    organization: oneIn(2, fc.constantFrom(...orgIds, 'team-key', 'nowhere')),
    module: oneIn(3, fc.constantFrom('plain', 'club', 'nothing')),
    access: fc.constantFrom('read', 'write'),
    quantity: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ asked, organization, module, access, quantity }) => ({
    ...asked,
    context: {
      ...(organization !== undefined && { organization }),
      ...(module !== undefined && { module }),
      attributes: { access },
    },
    quantity,
    explain: false,
  }))

export type Small = { readonly world: World; readonly principal: Principal }

/** A small tenant and somebody in it. */
export function anySmall(effects: readonly Grant['effect'][]): fc.Arbitrary<Small> {
  return fc
    .record({
      held: fc.array(anyHeld(effects), { maxLength: 7 }),
      memberOf: fc.subarray(orgIds, { maxLength: 2 }),
      seats: fc.subarray(['desk', 'lab']),
      cutOff: oneIn(4, moment),
      principal: anyPrincipal,
    })
    .map(({ held, memberOf, seats, cutOff, principal }) => ({
      principal,
      world: {
        catalogue,
        organizations,
        grants: grantsOf(held),
        memberships: { alice: memberOf.map((organization) => ({ organization, role: 'member' as const })) },
        seats: { alice: seats },
        subjects: { alice: cutOff === undefined ? {} : { tokens_not_before: cutOff } },
      },
    }))
}

export function grantsOf(held: readonly (readonly [string, Grant])[]): Record<string, Grant[]> {
  const grants: Record<string, Grant[]> = {}
  for (const [holder, grant] of held) grants[holder] = [...(grants[holder] ?? []), grant]
  return grants
}

/** The world with one grant more. */
export function withHeld({ world, principal }: Small, [holder, grant]: readonly [string, Grant]): Small {
  const grants = { ...world.grants, [holder]: [...(world.grants?.[holder] ?? []), grant] }
  return { principal, world: { ...world, grants } }
}
