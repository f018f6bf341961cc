import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOrganization } from '#admin/organizations.ts'
import { addSubject } from '#admin/people.ts'
import { newId } from '#postgres/uuid.ts'
import type { Lifecycle } from '#stripe/rules.ts'
import type { CustomerState } from '#stripe/state.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { anyLifecycle, anyState, mappingsOf } from './any-state.ts'
import { openShop, type Shop } from './shop.ts'
import { began, day } from './states.ts'

let database: FreshDatabase
let shop: Shop
beforeAll(async () => {
  database = await freshDatabase()
  shop = await openShop(database.sql)
  await shop.map(...mappingsOf(shop.targets, true))
})
afterAll(() => database.drop())

/** Somebody new, with a new account's customer, and rights that an administrator gave and took. */
async function somebody(organization: boolean) {
  const { result: holder } = await shop.write((tx) =>
    organization
      ? addOrganization(tx, shop.tenant, { key: `o-${newId().slice(-12)}` })
      : addSubject(tx, shop.tenant),
  )
  const account = await shop.account2()
  await shop.bind('cus_1', organization ? { organization_id: holder } : { subject_id: holder }, account)
  const ref = organization ? { organization: holder } : { subject: holder }
  await shop.give({ holder: ref, target: { product: 'app' } })
  await shop.give({ holder: ref, target: { entitlement: 'docs' }, effect: 'deny' })
  return { holder, apply: (state: CustomerState) => shop.apply(state, account) }
}

async function rule({ downgrade_to: _, read_only_days: days = 1, ...rest }: Lifecycle) {
  await shop.write((tx) => tx`delete from vouchsafe.lifecycles where tenant_id = ${shop.tenant}`)
  await shop.lifecycle({
    ...rest,
    ...(rest.on_cancel === 'downgrade' && { downgrade_to: shop.targets.free }),
    ...(rest.on_cancel === 'read_only' && { read_only_days: days }),
  })
}

const start = 20
const days = 5

test('S002-41 S001-33 whatever was applied before, the rows are what the last state says, and an administrator’s stay', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      anyLifecycle,
      fc.array(anyState, { minLength: 1, maxLength: 5 }),
      async (organization, lifecycle, states) => {
        shop.at(start)
        await rule(lifecycle)
        const [through, fresh] = [await somebody(organization), await somebody(organization)]
        const before = await admins(through.holder)
        for (const [at, state] of states.entries()) {
          shop.at(start + at * days)
          await through.apply(state)
        }
        const last = states.at(-1) as CustomerState
        expect(await through.apply(last)).toMatchObject({ changed: false, granted: 0, updated: 0, ended: 0 })
        await fresh.apply(last)
        expect(await stripes(through.holder)).toEqual(await stripes(fresh.holder))
        expect(await admins(through.holder)).toEqual(before)
      },
    ),
    { numRuns: 20 },
  )
}, 60_000)

async function admins(holder: string) {
  return (await shop.rows(holder, false)).filter(({ source }) => source === 'admin')
}

/** All but since when: a right that was away begins when it is seen again. What has not begun yet is all there. */
async function stripes(holder: string) {
  const today = (shop.now - began) / day
  return (await shop.rows(holder))
    .filter(({ source }) => source !== 'admin')
    .map(({ from, ...row }) => (from > today ? { from, ...row } : row))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
