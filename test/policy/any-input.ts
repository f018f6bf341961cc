import fc from 'fast-check'
import type { InputDocument, InputGrant } from '#core/input.ts'
import type { Json } from '#core/json.ts'
import { oneIn } from '#test/one-in.ts'
import { asking, grant, hour, now } from './inputs.ts'

const day = 24 * hour
/** Around the moments that matter: now, the days of grace, starts and ends. */
const moment = fc
  .constantFrom(-70, -8, -7, -1, 0, 1, 2, 9)
  .chain((days) => fc.constantFrom(-1, 0, 1).map((ms) => now + days * day + ms))
const keys = fc.constantFrom('docs', 'docs', 'docs', 'learn_member', 'paid', 'other')
const limits: fc.Arbitrary<Json> = fc.oneof(fc.nat(5), fc.constantFrom<Json>('unlimited'))
const oddValues: fc.Arbitrary<Json> = fc.constantFrom<Json>(-3, 'many', ['b', 'a'], ['c'], true, { a: 1 })

function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: 2 })
}

/** A record of any kind; keys that are undefined vanish when it is written as JSON. */
export function anyGrant(
  effects: readonly InputGrant['effect'][],
  value: fc.Arbitrary<Json>,
): fc.Arbitrary<InputGrant> {
  return fc
    .record({
      id: fc.uuid(),
      gives: keys,
      effect: fc.constantFrom(...effects),
      source: fc.constantFrom('stripe', 'admin', 'trial', 'claim', 'tier', 'default'),
      access: fc.constantFrom('full', 'full', 'full', 'read_only') as fc.Arbitrary<InputGrant['access']>,
      starts_at: moment,
      ends_at: maybe(moment),
      revoked_at: oneIn(6, moment),
      past_due_at: oneIn(4, moment),
      value: maybe(value),
      tier: maybe(fc.constant({ key: 'pro', rank: 2 })),
      through: fc.constantFrom<InputGrant['through']>(
        'self',
        'self',
        'organization',
        'seat',
        'suspended_seat',
        'no_seat',
        'no_context',
      ),
      organization: fc.constant('org_1'),
      pool: fc.constant('pool_1'),
    })
    .map((changes) => JSON.parse(JSON.stringify(grant(changes as Partial<InputGrant>))) as InputGrant)
}

function inputOf(
  effects: readonly InputGrant['effect'][],
  value: fc.Arbitrary<Json>,
): fc.Arbitrary<InputDocument> {
  return fc
    .record({
      tenant: fc.constantFrom('acme', 'nobody').map((key) => ({ id: 'tnt_1', key, grace_days: 7 })),
      time: fc.record({
        hour: fc.nat(23),
        weekday: fc.integer({ min: 1, max: 7 }),
        date: fc.constant('2026-11-23'),
      }),
      roles: fc.constantFrom([], [], ['member'], ['admin']),
      kind: fc.constantFrom('boolean', 'config', 'limit'),
      combine: fc.constantFrom('any', 'max', 'sum', 'union'),
      requires: fc.constantFrom([], [], ['paid']),
      membership: fc.boolean(),
      access: fc.constantFrom('read', 'write'),
      quantity: fc.nat(6),
      grants: fc.array(anyGrant(effects, value), { maxLength: 6 }),
      revocation: fc.record({ tokens_not_before: moment, token_issued_at: moment }, { requiredKeys: [] }),
    })
    .map(
      ({
        tenant,
        time,
        roles,
        kind,
        combine,
        requires,
        membership,
        access,
        quantity,
        grants,
        revocation,
      }) => {
        const base = asking()
        const learn = {
          key: 'learn',
          provisioning: 'direct_user',
          zone: 'UTC',
          member_entitlement: 'learn_member',
        } as const
        return asking({
          tenant,
          time,
          principal: { ...base.principal, roles },
          entitlement: { ...base.entitlement, kind, combine, requires },
          context: { attributes: { access } },
          quantity,
          grants,
          revocation,
          ...(membership ? { module: learn } : {}),
        })
      },
    )
}

/** Any question within the contract. */
export const anyInput = inputOf(['allow', 'allow', 'allow', 'deny', 'override'], fc.oneof(limits, oddValues))

/** The same with nothing but allows, whose values fit their kind. */
export const allowingInput = inputOf(['allow'], limits)
export const anyAllow = anyGrant(['allow'], limits)
export const anyDeny = anyGrant(['deny'], limits)
