import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import { revokeInside } from '#admin/revoke-entitlement.ts'
import { devIss } from '#main/dev-issuer.ts'
import { newId } from '#postgres/uuid.ts'
import { applyState } from '#stripe/apply-state.ts'
import type { CustomerState, Subscription } from '#stripe/state.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addProduct, publishPlan } from '#test/fixtures/catalogue.ts'
import { checkout, day, item, state, subscription } from './states.ts'

let server: Server
let acme: string
const account = {
  id: newId(),
  key: 'acme',
  livemode: false,
  api_key: 'env:KEY',
  webhook_secrets: ['env:SECRET'],
  reference_issuer: devIss,
  active: true,
}
beforeAll(async () => {
  server = await startServer()
  acme = server.place.tenants.acme
  await server.write(acme, async (tx) => {
    await tx`insert into vouchsafe.stripe_accounts ${tx({ tenant_id: acme, ...account } as never)}`
    const pro = await publishPlan(tx, acme, 'pro', [{ entitlement: 'docs_paid' }])
    const paper = await addProduct(tx, acme, { key: 'paper', requires_entitlement: true })
    const map = (external_id: string, target: object) =>
      tx`insert into vouchsafe.price_mappings ${tx({ tenant_id: acme, id: newId(), match: 'price', external_id, ...target } as never)}`
    await map('pro', { plan_version_id: pro })
    await map('paper', { product_id: paper })
    const [plan] = await tx<{ plan_id: string }[]>`
      select plan_id from vouchsafe.plan_versions where tenant_id = ${acme} and id = ${pro}`
    await tx`insert into vouchsafe.lifecycles
      ${tx({ tenant_id: acme, id: newId(), plan_id: plan?.plan_id ?? null, on_cancel: 'read_only', read_only_days: 30 })}`
  })
})
afterAll(() => server?.stop())

/** A customer named as the person is. */
const pays = (name: string, ...subscriptions: Subscription[]) =>
  applies({
    ...state({
      subscriptions,
      checkouts: [checkout(`cs_${name}`, { mode: 'subscription', reference: name })],
    }),
    customer: `cus_${name}`,
  })
const applies = (it: CustomerState) =>
  server.write(acme, (tx) => {
    const scope = { tenant: acme, actor: 'stripe', now: Date.now() }
    return applyState(tx, scope, { tenant: acme, ...account }, it)
  })
const pro = (name: string, status: string, more: Partial<Subscription> = {}) =>
  subscription(`sub_${name}`, status, { items: [item('pro', { id: `si_${name}` })], ...more })
const may = async (name: string) => said(await server.ask(name, 'docs_paid'))

test('S001-30 S001-44 S004-10 who subscribes may, as long as the status says so', async () => {
  await pays('sue', pro('sue', 'incomplete'))
  expect(await may('sue')).toMatch(/^no /)
  for (const status of ['active', 'trialing']) {
    await pays('sue', pro('sue', status))
    expect(await may('sue')).toMatch(/^yes /)
  }
  for (const status of ['unpaid', 'paused', 'novel']) {
    await pays('sue', pro('sue', status))
    expect(await may('sue')).toMatch(/^no /)
  }
})

test('C-2 S001-45 S002-41 who is past due may for the tenant’s days of grace', async () => {
  await pays('gus', pro('gus', 'past_due', { unpaid_since: Date.now() - day }))
  expect(await may('gus')).toMatch(/^yes /)
  await pays('gus', pro('gus', 'past_due', { unpaid_since: Date.now() - 61 * day }))
  expect(await may('gus')).toMatch(/^no /)
  await pays('gus', pro('gus', 'past_due'))
  expect(await may('gus')).toMatch(/^no /)
  await pays('gus', pro('gus', 'active'))
  expect(await may('gus')).toMatch(/^yes /)
})

test('S001-46 who cancels one of two still may', async () => {
  const old = pro('tom', 'canceled', { ended_at: Date.now() - day })
  await pays('tom', old, { ...pro('tom2', 'active'), id: 'sub_tom2' })
  expect(await may('tom')).toMatch(/^yes /)
})

test('S004-13 S004-31 who cancels may read for some days', async () => {
  const read = { entitlement: 'docs_paid', context: { attributes: { access: 'read' } } }
  await pays('rita', pro('rita', 'canceled', { ended_at: Date.now() - day }))
  expect(said(await server.ask('rita', read))).toBe('yes READ_ONLY_ACCESS')
  expect(await may('rita')).toMatch(/^no /)
  await pays('rita', pro('rita', 'canceled', { ended_at: Date.now() - 31 * day }))
  expect(said(await server.ask('rita', read))).toMatch(/^no /)
})

test('S004-11 who buys a product may, until it is paid back', async () => {
  const bought = (refunded: 'none' | 'fully') =>
    applies(
      state({
        customer: 'cs_ben',
        checkouts: [checkout('cs_ben', { reference: 'ben', lines: [item('paper')], refunded })],
      }),
    )
  const use = { entitlement: 'use', resource: { kind: 'product', id: 'paper' } }
  const uses = async () => (await server.ask('ben', use)).allowed
  await bought('none')
  expect(await uses()).toBe(true)
  await bought('fully')
  expect(await uses()).toBe(false)
})

test('S001-34 S001-48 S001-33 an administrator and Stripe give and take each their own', async () => {
  const holder = { identity: { issuer: devIss, subject: 'ann' } }
  const by = { tenant: acme, actor: 'clr_admin' }
  const target = { entitlement: 'docs_paid' }
  await server.write(acme, (tx) => grantInside(tx, by, { holder, target }, Date.now()))
  await pays('ann', pro('ann', 'active'))
  await pays('ann', pro('ann', 'unpaid'))
  expect(await may('ann')).toMatch(/^yes /)
  await pays('ann', pro('ann', 'active'))
  await server.write(acme, (tx) => revokeInside(tx, by, { holder, target }, Date.now()))
  expect(await may('ann')).toMatch(/^yes /)
  await server.write(acme, (tx) =>
    revokeInside(tx, by, { holder, target: { plan: 'pro' }, source: 'any' }, Date.now()),
  )
  expect(await may('ann')).toMatch(/^no /)
  await pays('ann', pro('ann', 'past_due', { unpaid_since: Date.now() }))
  await pays('ann', pro('ann', 'active'))
  expect(await may('ann')).toMatch(/^no /)
})
