import { describe, expect, test } from 'vitest'
import type { SeatPool } from '#core/tenant-view.ts'
import { evidenceFor } from '#decide/evidence.ts'
import { gather } from '#decide/gather.ts'
import { tierOf } from '#decide/tier.ts'
import { emptyCatalogue, entitlement, gives, grant, person, tierPlan, viewOf } from '#test/fixtures/view.ts'

const [free, supporter, pro] = [tierPlan('free', 0), tierPlan('supporter', 1), tierPlan('pro', 2)]
const catalogue = {
  ...emptyCatalogue(),
  tenant: { ...emptyCatalogue().tenant, default_tier: 'free' },
  plans: new Map([free, supporter, pro].map((plan) => [plan.key, plan])),
  plan_versions: new Map([free, supporter, pro].map((plan) => [`v-${plan.key}`, plan])),
  entitlements: new Map([['export', entitlement('export')]]),
  givers: new Map([
    [
      'export',
      new Map([
        ['e-export', gives('entitlement')],
        ['v-pro', gives('plan', { plan: 'pro', value: 9 })],
      ]),
    ],
  ]),
}
const claims = (fields: object) => ({ ...person().claims, ...fields })
const gathered = (...grants: ReturnType<typeof grant>[]) =>
  gather(viewOf({ catalogue, grants: { alice: grants } }), person(), undefined, undefined, () => true, 0)

describe('the principal’s tier', () => {
  const tier = (principal = person(), held = gathered()) => tierOf(catalogue, principal, held, 1000)?.key

  test('S000-1 without any paid entitlement everybody has the default tier', () => {
    expect(tier()).toBe('free')
  })

  test('S000-8 the mapped claim names the tier', () => {
    expect(tier(person({ claims: claims({ tier: 'supporter' }) }))).toBe('supporter')
  })

  test('S000-10 C-9 an unknown tier label counts as none', () => {
    expect(tier(person({ claims: claims({ tier: 'platinum' }) }))).toBe('free')
  })

  test('S004-9 the highest of claim, grant and default counts', () => {
    const principal = person({ claims: claims({ tier: 'supporter' }) })
    expect(tier(principal, gathered(grant({ target: 'v-pro' })))).toBe('pro')
    expect(tier(principal, gathered(grant({ target: 'v-pro', ends_at: 1000 })))).toBe('supporter')
    expect(tier(principal, gathered(grant({ target: 'v-pro', revoked_at: 5 })))).toBe('supporter')
    expect(tier(principal, gathered(grant({ target: 'v-pro', starts_at: 1001 })))).toBe('supporter')
    expect(tier(principal, gathered(grant({ target: 'v-pro', effect: 'deny' })))).toBe('supporter')
    expect(tier(principal, gathered(grant({ target: 'v-pro', access: 'read_only' })))).toBe('supporter')
  })

  test('S003-47 a seat that is suspended gives no tier, also not one that a policy would be shown', () => {
    const desk: SeatPool = {
      id: 'desk',
      on_shrink: 'suspend_newest',
      purchases: [{ starts_at: 0, ends_at: 900, quantity: 1 }],
      held: 1,
      rank: () => 0,
    }
    const team = { id: 'team', key: 'team', path: ['team'] }
    const view = viewOf({
      catalogue,
      organizations: [team],
      memberships: { alice: [{ organization: 'team', role: 'member' }] },
      grants: { team: [grant({ target: 'v-pro', pool: 'desk' })] },
      seats: { alice: ['desk'] },
      seatPools: [desk],
    })
    const at = (now: number) =>
      tierOf(
        catalogue,
        person(),
        gather(view, person(), undefined, team, () => true, now),
        now,
      )?.key
    expect(at(899)).toBe('pro')
    expect(at(900)).toBe('free')
  })

  test('C-2 a tier whose payment is overdue for longer than the grace is none', () => {
    const day = 86_400_000
    const overdue = grant({ target: 'v-pro', past_due_at: 0 })
    const at = (now: number) => tierOf(catalogue, person(), gathered(overdue), now)?.key
    expect(at(7 * day - 1)).toBe('pro')
    expect(at(7 * day)).toBe('free')
  })

  test('S003-31 a tier that a live denial withholds is none, whoever gives it', () => {
    const denial = grant({ id: 'd', target: 'v-pro', effect: 'deny' })
    expect(tier(person(), gathered(grant({ target: 'v-pro' }), denial))).toBe('free')
    expect(tier(person({ claims: claims({ tier: 'pro' }) }), gathered(denial))).toBe('free')
    expect(tier(person(), gathered(grant({ target: 'v-pro' }), { ...denial, ends_at: 1000 }))).toBe('pro')
  })

  test('S004-3 an override of a tier plan gives its tier', () => {
    expect(tier(person(), gathered(grant({ target: 'v-pro', effect: 'override' })))).toBe('pro')
  })
})

describe('the records a policy sees', () => {
  const records = (principal = person(), held = gathered()) =>
    evidenceFor(catalogue, principal, held, ['export'], 1000)

  test('S000-9 the token’s entitlement list gives a record, an unknown key gives none', () => {
    const principal = person({ claims: claims({ entitlements: ['export', 'nonsense'] }) })
    expect(records(principal)).toMatchObject([{ source: 'claim', gives: 'export', through: 'self' }])
  })

  test('S000-8 a tier claim gives what the tier’s current version has, with its value', () => {
    const principal = person({ claims: claims({ tier: 'pro' }) })
    expect(records(principal)).toMatchObject([
      { source: 'tier', plan: 'pro', tier: { key: 'pro', rank: 2 }, value: 9 },
    ])
  })

  test('S004-24 what a token gives ends with the token, what the tenant gives to all does not', () => {
    const said = { tier: 'pro', entitlements: ['export'] }
    const principal = person({ claims: claims(said), token_expires_at: 1001 })
    expect(records(principal).map(({ source, ends_at }) => [source, ends_at])).toEqual([
      ['claim', 1001],
      ['tier', 1001],
    ])
    expect(records({ ...principal, token_expires_at: 1000 })[0]).not.toHaveProperty('ends_at')
  })

  test('S004-3 a grant’s own value wins over the plan’s', () => {
    expect(records(person(), gathered(grant({ target: 'v-pro', value: 50 })))).toMatchObject([{ value: 50 }])
    expect(records(person(), gathered(grant({ target: 'v-pro' })))).toMatchObject([{ value: 9 }])
  })

  test('an open-ended grant has no ends_at at all: null would read as expired', () => {
    expect(records(person(), gathered(grant({ target: 'e-export' })))[0]).not.toHaveProperty('ends_at')
  })
})
