import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '#admin/command.ts'
import { createDelegation } from '#admin/delegations.ts'
import { grantInside } from '#admin/grant-entitlement.ts'
import type { By, GrantInput } from '#admin/grant-types.ts'
import { addMember, removeMember } from '#admin/members.ts'
import { addOrganization, addSeatPool, addMember as enroll } from '#admin/organizations.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { addSubject } from '#admin/people.ts'
import { revokeInside } from '#admin/revoke-entitlement.ts'
import { giveSeat, takeSeat } from '#admin/seat-holders.ts'
import { inviteToSeat } from '#admin/seat-invitations.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { addModule } from '#test/fixtures/catalogue.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { day, newWorld, start, type World } from './world.ts'

const now = start + day
const organizations = ['top', 'north', 'class', 'south'] as const
const inside = ['north', 'class']
const modules = ['learn', 'school', 'library', 'office'] as const
const targets = [
  { entitlement: 'docs' },
  { entitlement: 'api_calls' },
  { product: 'app' },
  { plan: 'pro' },
] as const
const names = ['delegate', 'in', 'below', 'both', 'out'] as const

let database: FreshDatabase
let world: World
let tenant: string
const people = new Map<string, string>()
const places = new Map<string, string>()
const pools: { readonly id: string; readonly within: boolean }[] = []
let delegation = ''
beforeAll(async () => {
  database = await freshDatabase({ max: 4 })
  world = await newWorld(database.sql)
  tenant = world.by.tenant
  await write(async (tx) => {
    await addModule(tx, tenant, { key: 'school', provisioning: 'delegated_admin' })
    await addModule(tx, tenant, { key: 'library', provisioning: 'delegated_admin' })
    await addModule(tx, tenant, { key: 'office', provisioning: 'org_hierarchy' })
    const top = await addOrganization(tx, tenant, { key: 'top' })
    const north = await addOrganization(tx, tenant, { key: 'north', parent: top })
    const below = await addOrganization(tx, tenant, { key: 'class', parent: north })
    const south = await addOrganization(tx, tenant, { key: 'south', parent: top })
    for (const [key, id] of Object.entries({ top, north, class: below, south })) places.set(key, id)
    for (const name of names) people.set(name, await addSubject(tx, tenant))
    const join = (name: string, organization: string) =>
      enroll(tx, tenant, { organization, subject: people.get(name) ?? '' })
    await join('delegate', north)
    await join('in', north)
    await join('below', below)
    await join('both', below)
    await join('both', south)
    await join('out', south)
    for (const [organization, module, plan] of [
      [north, 'school', 'docs'],
      [below, 'school', 'docs'],
      [south, 'school', 'docs'],
      [north, 'library', 'docs'],
      [north, 'school', 'api_calls'],
    ] as const) {
      const key = `p-${pools.length}`
      const id = await addSeatPool(tx, tenant, { organization, module, key })
      const within =
        (organization === north || organization === below) && module === 'school' && plan === 'docs'
      pools.push({ id, within })
      const bought = { holder: { organization }, target: { entitlement: plan }, module, pool: key } as const
      await grantInside(tx, world.by, { ...bought, quantity: 50, source: 'contract', source_ref: key }, now)
    }
    const made = await createDelegation(tx, scope(world.by), {
      delegate: { subject: people.get('delegate') ?? '' },
      organization: 'north',
      module: 'school',
      may_grant: [{ entitlement: 'docs' }, { plan: 'pro' }],
      max_seats: 3,
    })
    delegation = made.delegation.id.slice('dlg_'.length)
  })
})
afterAll(() => database.drop())

const scope = (by: By): Scope => ({
  ...by,
  now,
  pageTokens: createPageTokens('x'),
  whoHas: async function* () {},
})
const write = <T>(work: (tx: Tx) => Promise<T>) =>
  withTenant(database.sql, { tenant, actor: 'test', action: 'Reach' }, work)

type Change = {
  readonly table_name: string
  readonly after: Record<string, unknown> | null
  readonly key: Record<string, unknown>
}
type Move = (tx: Tx, by: By) => Promise<unknown>

const person = fc.constantFrom(...names).map((name) => ({ subject: people.get(name) ?? name }))
const placeKey = fc.constantFrom(...organizations)
const holder = fc.oneof(
  person,
  placeKey.map((organization) => ({ organization })),
)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const given = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** Mostly as it may be, so that often one thing alone is out of reach. */
const mostly = <T>(good: T, other: fc.Arbitrary<T | undefined>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant<T | undefined>(good) }, { weight: 1, arbitrary: other })

const moves: fc.Arbitrary<Move> = fc.oneof(
  fc
    .record({
      holder: mostly<GrantInput['holder']>({ organization: 'class' }, holder),
      target: mostly<GrantInput['target']>({ entitlement: 'docs' }, fc.constantFrom(...targets)),
      module: mostly<string>('school', maybe(fc.constantFrom(...modules))),
      scope_organization: mostly<string | undefined>(undefined, placeKey),
      effect: mostly<GrantInput['effect']>('allow', fc.constantFrom('deny', 'override')),
      source: mostly<GrantInput['source']>('admin', fc.constantFrom('contract', 'promotion')),
      source_ref: fc.constantFrom('', 'a', 'b', 'p-0'),
      pool: mostly<string | undefined>(undefined, fc.constantFrom('p-0', 'p-1')),
      quantity: mostly<number | undefined>(undefined, fc.nat(3)),
      starts_at: mostly<number | undefined>(undefined, fc.constantFrom(now - day, now, now + day)),
      value: mostly<boolean | number | undefined>(undefined, fc.constantFrom(true, 7)),
    })
    .map(
      (input): Move =>
        (tx, by) =>
          grantInside(tx, by, given(input) as GrantInput, now),
    ),
  fc
    .record({
      holder,
      target: fc.constantFrom(...targets),
      source: maybe(fc.constantFrom('admin', 'contract')),
    })
    .map(
      (input): Move =>
        (tx, by) =>
          revokeInside(tx, by, given(input) as never, now),
    ),
  fc.nat(30).map(
    (n): Move =>
      async (tx, by) => {
        const rows = await tx<{ id: string }[]>`select id from vouchsafe.grants order by id`
        return revokeInside(tx, by, { grant_id: rows[n % Math.max(1, rows.length)]?.id ?? newId() }, now)
      },
  ),
  fc.record({ pool: fc.nat(4), person, how: fc.constantFrom('give', 'take', 'invite') }).map(
    ({ pool, person: who, how }): Move =>
      (tx, by) => {
        const id = pools[pool]?.id ?? ''
        if (how === 'invite') return inviteToSeat(newId())(tx, scope(by), { pool: id })
        return (how === 'give' ? giveSeat : takeSeat)(tx, scope(by), { pool: id, person: who })
      },
  ),
  fc
    .record({
      organization: placeKey,
      person,
      role: fc.constantFrom('member', 'owner', 'delegate'),
      add: fc.boolean(),
    })
    .map(
      ({ add, ...member }): Move =>
        (tx, by) =>
          add
            ? addMember(tx, scope(by), member as Parameters<typeof addMember>[2])
            : removeMember(tx, scope(by), member),
    ),
)

/** Whether what is left of a row is within what was delegated. */
function isWithin({ table_name: table, after, key }: Change): boolean {
  const row = after ?? key
  const within = (id: unknown) => inside.some((name) => places.get(name) === id)
  if (table === 'organization_members')
    return within(row.organization_id) && (after === null || row.role === 'member')
  if (table === 'seats' || table === 'seat_invitations')
    return pools.some(({ id, within: reached }) => id === row.pool_id && reached)
  if (table !== 'grants') return false
  return (
    row.module === 'school' &&
    row.effect === 'allow' &&
    row.source === 'admin' &&
    row.pool_id === null &&
    row.value === null &&
    within(row.organization_id ?? row.scope_organization_id) &&
    row.product_id === null
  )
}

test('S003-6 whatever a delegate sends, nothing outside of its reach changes, and never more seats than it may', async () => {
  let changed = 0
  await fc.assert(
    fc.asyncProperty(fc.array(moves, { minLength: 1, maxLength: 6 }), async (all) => {
      for (const each of all) {
        const by = { tenant, actor: 'clr_delegate', delegate: people.get('delegate') ?? '' }
        const done = await write((tx) => each(tx, by)).catch((error: { code?: string }) => {
          expect(error.code, String(error)).toMatch(/^[A-Z_]+$/)
        })
        if (!done?.changed) continue
        changed++
        const effects = await write(
          (tx) => tx<Change[]>`
            select e.table_name, e.after, e.key from vouchsafe.effect e
            join vouchsafe.change c on c.tenant_id = e.tenant_id and c.xid = e.xid and c.revision = ${done.revision.revision}`,
        )
        for (const effect of effects.result) expect(isWithin(effect), JSON.stringify(effect)).toBe(true)
      }
      const [seats] = await database.sql.begin(async (tx) => {
        await tx`select set_config('app.tenant_id', ${tenant}, true)`
        return tx<{ count: number }[]>`
          select (select count(*) from vouchsafe.seats where delegation_id = ${delegation} and released_at is null)
            + (select count(*) from vouchsafe.seat_invitations where delegation_id = ${delegation}
              and accepted_at is null and cancelled_at is null) as count`
      })
      expect(seats?.count).toBeLessThanOrEqual(3)
    }),
    { numRuns: 200 },
  )
  expect(changed).toBeGreaterThan(10)
}, 300_000)
