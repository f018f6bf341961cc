import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { SubjectService } from '#gen/vouchsafe/admin/v1/subject_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { rest } from '#test/administration/rest.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addPlan, publishPlan } from '#test/fixtures/catalogue.ts'
import { type FakeStripe, startFakeStripe } from './fake/start-fake-stripe.ts'

const key = 'sk_test_3Jd8QvTz5WmXb7RkLp2N'
const secret = 'whsec_9Vq2ZkPw4XnLmT7cRb8Y'
const stripe = StripeService.method
const tenant = 'acme'
const urls = { successUrl: 'https://shop.test/thanks', cancelUrl: 'https://shop.test/plans' }

let fake: FakeStripe
let server: Server
const price = { supporter: '', pro: '', team: '' }
beforeAll(async () => {
  fake = await startFakeStripe({ key, checked: false })
  server = await startServer({
    STRIPE_API_BASE: fake.url,
    STRIPE_SECRET_KEY: key,
    STRIPE_WEBHOOK_SECRET: secret,
    VOUCHSAFE_STRIPE_REQUESTS: '1000',
  })
  await call(stripe.createStripeAccount)({
    account: {
      key: 'shop',
      apiKey: 'env:STRIPE_SECRET_KEY',
      webhookSecrets: ['env:STRIPE_WEBHOOK_SECRET'],
      metadataKey: 'entitlement',
    },
    tenant,
  })
  for (const plan of ['supporter', 'pro', 'team'] as const) {
    price[plan] = fake.createPrice()
    if (plan !== 'team') await map(price[plan], { case: 'plan', value: plan })
  }
})
afterAll(async () => {
  await server?.stop()
  await fake?.close()
})
beforeEach(() => fake.up())

const call: Server['operator']['call'] = (method) => server.operator.call(method)
const map = (externalId: string, target: object, more: object = {}) =>
  call(PriceService.method.mapPrice)({ mapping: { externalId, target, ...more } as never, tenant, ...more })
const person = (subject: string) =>
  ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const
const checkout = (subject: string, more: object = {}) =>
  call(stripe.createCheckoutSession)({
    holder: person(subject),
    tenant,
    requestId: randomUUID(),
    ...urls,
    ...more,
  })
const known = (subject: string) =>
  call(SubjectService.method.createSubject)({
    subject: { identities: [{ issuer: devIss, subject }] },
    tenant,
  })
/** A plan that gives nothing. */
const planned = (plan: string) =>
  server.write(server.place.tenants.acme, async (tx, id) => {
    await addPlan(tx, id, { key: plan, kind: 'addon' })
    await publishPlan(tx, id, plan, [])
  })
const deliver = () => fake.deliver(`http://${server.http}/webhooks/stripe/shop`, secret)
const eventually = (subject: string, entitlement: string) =>
  expect.poll(async () => (await server.ask(subject, entitlement)).allowed, { timeout: 20_000, interval: 20 })
/** Bought before anybody knew of us. */
async function stranger(): Promise<{ customer: string; subscription: string }> {
  const customer = fake.createCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  for (const { id } of fake.undelivered()) fake.markDelivered(id)
  return { customer, subscription }
}
async function syncOf(customer: string) {
  const answers = []
  for await (const answer of server.operator.stream(stripe.syncCustomers)({
    account: 'shop',
    customer,
    tenant,
  }))
    answers.push(answer)
  return answers.at(-1)
}
async function verifyOf(customer: string) {
  const answers = []
  for await (const answer of server.operator.stream(stripe.verifyCustomers)({
    account: 'shop',
    customer,
    tenant,
  }))
    answers.push(answer)
  return answers
}

describe('checkouts', () => {
  test('S002-7 S002-9 S002-10 S002-11 a checkout is the holder’s: paid, both effects are there, by token and by a look-up', async () => {
    const made = await checkout('alice', { plan: 'supporter', quantity: 1 })
    expect(made).toMatchObject({ trial: false, url: expect.stringMatching(/^https:/) })
    const again = await checkout('alice', { plan: 'pro' })
    expect(again.customer).toBe(made.customer)
    fake.completeCheckout(made.session)
    await deliver()
    await eventually('alice', 'docs_paid').toBe(true)
    expect((await server.ask('alice', 'copilot_quota')).value?.kind.value).toBe(200)
    const subject = { subject: { case: 'principal', value: { issuer: devIss, subject: 'alice' } } } as const
    const { entitlements } = await server.operator.listEntitlements({ subject, tenant })
    expect(entitlements.map((each) => each.key)).toEqual(
      expect.arrayContaining(['docs_paid', 'copilot_quota']),
    )
    const { customers } = await call(stripe.listCustomers)({ holder: person('alice'), tenant })
    expect(customers).toMatchObject([{ customer: made.customer, account: 'shop', alerts: [] }])
  })

  test('a repeat of a request id gets the same session, and makes no second customer', async () => {
    const requestId = randomUUID()
    const both = await Promise.all([
      checkout('bob', { plan: 'pro', requestId }),
      checkout('bob', { plan: 'pro', requestId }),
    ])
    expect(both[0]).toEqual(both[1])
    const third = await checkout('bob', { plan: 'pro', requestId })
    expect(third.session).toBe(both[0]?.session)
    const { customers } = await call(stripe.listCustomers)({ holder: person('bob'), tenant })
    expect(customers).toHaveLength(1)
  })

  test('a customer that was deleted at Stripe is not bought with any more', async () => {
    const first = await checkout('rosa', { plan: 'pro' })
    fake.deleteCustomer(first.customer)
    await syncOf(first.customer)
    const second = await checkout('rosa', { plan: 'pro' })
    expect(second.customer).not.toBe(first.customer)
  })

  test('a trial is left out where the group’s trial was had', async () => {
    const fresh = await checkout('judy', { plan: 'pro', trialDays: 14 })
    expect(fresh.trial).toBe(true)
    // Frank had one by the demo.
    const second = await checkout('frank', { plan: 'pro', trialDays: 14 })
    expect(second.trial).toBe(false)
  })

  test.each(['price', 'lookup_key', 'product'] as const)(
    'a trial is left out where the trial of a plan was had whose %s was bought',
    async (match) => {
      const product = fake.createProduct()
      const lookup_key = `key_${match}`
      const bought = fake.createPrice({ product, lookup_key })
      // What is not for sale any more, or is paid once, is not the plan's price.
      const former = fake.createPrice({ product })
      fake.thing('price', former).active = false
      fake.createPrice({ product, once: true })
      const plan = `plan_${match}`
      await planned(plan)
      await map({ price: bought, lookup_key, product }[match], { case: 'plan', value: plan }, { match })
      const who = `tom_${match}`
      const first = await checkout(who, { plan, trialDays: 14 })
      expect(first.trial).toBe(true)
      fake.completeCheckout(first.session)
      expect(fake.subscriptionOf(first.session)).toBeDefined()
      await syncOf(first.customer)
      fake.cancel(fake.subscriptionOf(first.session))
      await syncOf(first.customer)
      expect((await checkout(who, { plan, trialDays: 14 })).trial).toBe(false)
      expect((await checkout(who, { lines: [{ price: bought }], trialDays: 14 })).trial).toBe(false)
    },
  )

  test('a trial is left out that was had before anybody was bound', async () => {
    const { customer, subscription } = await stranger()
    const had = { trial_start: 1_780_000_000, trial_end: 1_781_000_000 }
    Object.assign(fake.thing('subscription', subscription), had)
    fake.cancel(subscription)
    await known('uma')
    await call(stripe.bindCustomer)({ customer, holder: person('uma'), tenant })
    await syncOf(customer)
    expect((await checkout('uma', { plan: 'pro', trialDays: 14 })).trial).toBe(false)
  })

  test('of a plan whose product has two prices nobody chooses one', async () => {
    const product = fake.createProduct()
    for (const _ of [1, 2]) fake.createPrice({ product })
    await planned('plan_two')
    await map(product, { case: 'plan', value: 'plan_two' }, { match: 'product' })
    expect(await failureOf(checkout('vera', { plan: 'plan_two' }))).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'plan',
    })
  })

  test.each([
    ['a plan without a price', { plan: 'team' }, 'FAILED_PRECONDITION', undefined],
    ['a plan that is not there', { plan: 'nowhere' }, 'NOT_FOUND', undefined],
    ['neither plan nor lines', {}, 'INVALID_FIELD', 'plan'],
    ['both of them', { plan: 'pro', lines: [{ price: 'price_1' }] }, 'INVALID_FIELD', 'plan'],
    ['a quantity beside lines', { lines: [{ price: 'price_1' }], quantity: 2 }, 'INVALID_FIELD', 'quantity'],
    [
      'a trial of what is paid once',
      { plan: 'pro', mode: 'payment', trialDays: 3 },
      'INVALID_FIELD',
      'trial_days',
    ],
    ['a script to go to', { plan: 'pro', successUrl: 'javascript:alert(1)' }, 'INVALID_FIELD', 'success_url'],
    ['an open line', { plan: 'pro', cancelUrl: 'http://shop.test/' }, 'INVALID_FIELD', 'cancel_url'],
    ['a hostile price', { lines: [{ price: 'price_1/../x' }] }, 'INVALID_FIELD', 'lines[0].price'],
    [
      'a price that Stripe does not know',
      { lines: [{ price: 'price_none' }] },
      'FAILED_PRECONDITION',
      undefined,
    ],
    ['no request id', { plan: 'pro', requestId: '' }, 'INVALID_FIELD', 'request_id'],
    ['an account that is not there', { plan: 'pro', account: 'nowhere' }, 'NOT_FOUND', undefined],
  ])('%s is refused', async (_, more, code, field) => {
    const failure = await failureOf(checkout('karl', more))
    expect(failure.code).toBe(code)
    if (field) expect(failure.field).toBe(field)
  })

  test('F46 while Stripe is away nothing is bound, and the caller is told to try again', async () => {
    fake.down(503)
    expect((await failureOf(checkout('lena', { plan: 'pro' }))).code).toBe('STRIPE_UNAVAILABLE')
    fake.up()
    await expect
      .poll(
        () =>
          checkout('lena', { plan: 'pro' }).then(
            () => true,
            () => false,
          ),
        { timeout: 40_000, interval: 500 },
      )
      .toBe(true)
  })

  test('the portal opens for who has a customer', async () => {
    const { customer } = await checkout('mia', { plan: 'pro' })
    const portal = (subject: string) =>
      call(stripe.createPortalSession)({
        holder: person(subject),
        tenant,
        returnUrl: 'https://shop.test/',
        requestId: randomUUID(),
      })
    expect(await portal('mia')).toMatchObject({ customer, url: expect.stringMatching(/^https:/) })
    expect((await failureOf(portal('carol'))).code).toBe('FAILED_PRECONDITION')
    expect((await failureOf(portal('nobody-ever'))).code).toBe('NOT_FOUND')
  })
})

describe('customers', () => {
  test('S003-12 S004-14 an existing customer is bound by an admin, previewed before, and unbound again; hand-given rights stay', async () => {
    await known('quinn')
    const { customer } = await stranger()
    expect(await syncOf(customer)).toMatchObject({
      customer,
      outcome: 'unbound',
      unbound: expect.any(Number),
    })
    const { marks } = await call(stripe.listMarks)({ state: 'unbound', tenant })
    expect(marks).toMatchObject([{ object: customer, account: 'shop', attempts: 0 }])
    const bind = (dryRun: boolean) =>
      call(stripe.bindCustomer)({
        customer,
        holder: person('quinn'),
        dryRun,
        tenant,
        reason: 'wrote to support',
      })
    const tried = await bind(true)
    expect(
      JSON.stringify(tried.preview, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
    ).toContain('docs_paid')
    expect((await server.ask('quinn', 'docs_paid')).allowed).toBe(false)
    const bound = await bind(false)
    expect(bound).toMatchObject({ changed: true, customer: { customer, boundBy: 'admin' } })
    const consistency = { demand: { case: 'atLeast', value: bound.revision } } as const
    expect((await server.ask('quinn', { entitlement: 'docs_paid', consistency })).allowed).toBe(true)
    expect(await bind(false)).toMatchObject({ changed: false })

    const target = { target: { case: 'entitlement', value: 'early_access' } } as const
    await call(GrantService.method.grantEntitlement)({ holder: person('quinn'), target, tenant })
    const unbound = await call(stripe.unbindCustomer)({ customer, tenant })
    const since = { demand: { case: 'atLeast', value: unbound.revision } } as const
    expect((await server.ask('quinn', { entitlement: 'docs_paid', consistency: since })).allowed).toBe(false)
    expect((await server.ask('quinn', { entitlement: 'early_access', consistency: since })).allowed).toBe(
      true,
    )
    expect(await call(stripe.unbindCustomer)({ customer, tenant })).toMatchObject({ changed: false })
  })

  test('what differs from Stripe is told, and is so no more after a sync', async () => {
    await known('nina')
    const { customer } = await stranger()
    await call(stripe.bindCustomer)({ customer, holder: person('nina'), tenant })
    await eventually('nina', 'docs_paid').toBe(true)
    expect(await verifyOf(customer)).toMatchObject([
      { customer, bound: true, drift: [], error: '' },
      { customer: '', done: 1 },
    ])
    fake.subscribe(customer, [{ price: price.supporter }])
    for (const { id } of fake.undelivered()) fake.markDelivered(id)
    await expect
      .poll(() => verifyOf(customer).then((all) => all[0]?.drift.map(({ kind }) => kind)))
      .toEqual(['missing'])
    expect(await syncOf(customer)).toMatchObject({ outcome: 'applied', alerts: [] })
    expect((await verifyOf(customer))[0]?.drift).toEqual([])
  })

  test('S001-6 S001-14 a price that is mapped later gives at once, a dry run says to whom, and unmapping takes it', async () => {
    await known('omar')
    const odd = fake.createPrice()
    const customer = fake.createCustomer()
    fake.subscribe(customer, [{ price: odd }])
    await call(stripe.bindCustomer)({ customer, holder: person('omar'), tenant })
    expect(await syncOf(customer)).toMatchObject({ outcome: 'applied', alerts: [`PRICE_UNMAPPED ${odd}`] })
    const { customers } = await call(stripe.listCustomers)({ holder: person('omar'), tenant })
    expect(customers[0]?.alerts).toEqual([`PRICE_UNMAPPED ${odd}`])
    const tried = await map(odd, { case: 'entitlement', value: 'docs_paid' }, { dryRun: true })
    expect(
      JSON.stringify(tried.preview, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
    ).toContain('docs_paid')
    expect((await server.ask('omar', 'docs_paid')).allowed).toBe(false)
    const mapped = await map(odd, { case: 'entitlement', value: 'docs_paid' })
    const since = (value: string) =>
      ({ entitlement: 'docs_paid', consistency: { demand: { case: 'atLeast', value } } }) as const
    expect((await server.ask('omar', since(mapped.revision))).allowed).toBe(true)
    const gone = await call(PriceService.method.unmapPrice)({ mapping: mapped.mapping?.id ?? '', tenant })
    expect((await server.ask('omar', since(gone.revision))).allowed).toBe(false)
  })

  test('a lifecycle that changes is applied to what ended before', async () => {
    await known('pia')
    const { customer, subscription } = await stranger()
    await call(stripe.bindCustomer)({ customer, holder: person('pia'), tenant })
    fake.cancel(subscription)
    await syncOf(customer)
    expect((await server.ask('pia', 'docs_paid')).allowed).toBe(false)
    const set = await call(stripe.setLifecycle)({
      lifecycle: { plan: 'pro', onCancel: 'read_only', readOnlyDays: 30 },
      tenant,
    })
    const consistency = { demand: { case: 'atLeast', value: set.revision } } as const
    const asked = await server.ask('pia', { entitlement: 'docs_paid', consistency })
    expect(asked.reasons.map(({ code }) => code)).toContain('READ_ONLY')
    await call(stripe.removeLifecycle)({ plan: 'pro', tenant })
  })
})

describe('support', () => {
  test('S002-10 F45 a reconcile asks Stripe and says what it changed; while Stripe is away it says so, and nothing changes', async () => {
    const made = await known('sven')
    const id = made.subject?.id ?? ''
    const { customer } = await stranger()
    const reconcile = async () => {
      const answer = await rest(server, 'POST', `/internal/reconcile/subject/${id}?tenant=${tenant}`)
      return { status: answer.status, ...answer.body }
    }
    expect(await reconcile()).toMatchObject({ status: 200, billing_asked: false, changed: 0 })
    await call(stripe.bindCustomer)({ customer, holder: person('sven'), tenant })
    await eventually('sven', 'docs_paid').toBe(true)
    await expect
      .poll(async () => (await call(stripe.listMarks)({ state: 'waiting', tenant })).marks, {
        timeout: 20_000,
      })
      .toEqual([])
    fake.subscribe(customer, [{ price: price.supporter }])
    for (const event of fake.undelivered()) fake.markDelivered(event.id)
    fake.down(503)
    expect((await reconcile()).status).toBe(503)
    expect((await server.ask('sven', 'docs_paid')).allowed).toBe(true)
    fake.up()
    await expect
      .poll(reconcile, { timeout: 40_000, interval: 500 })
      .toMatchObject({ status: 200, billing_asked: true })
    expect((await verifyOf(customer))[0]?.drift).toEqual([])
    expect(await reconcile()).toMatchObject({ status: 200, billing_asked: true, changed: 0 })
  })
})

describe('the inbox', () => {
  test('S001-47 C-10 what came is listed, and replayed; what is not there is named', async () => {
    const customer = fake.createCustomer()
    await deliver()
    const { events } = await call(stripe.listStripeEvents)({ customer, tenant })
    expect(events).toMatchObject([{ type: 'customer.created', account: 'shop', receivedVia: 'push' }])
    const event = events[0]?.event ?? ''
    const asked = { events: [event, 'evt_none'], customers: [customer], tenant }
    expect(await call(stripe.replayStripeEvents)(asked)).toMatchObject({ unknown: ['evt_none'] })
    const nothing = call(stripe.replayStripeEvents)({ tenant })
    expect(await failureOf(nothing)).toMatchObject({ code: 'INVALID_FIELD', field: 'events' })
  })

  test('pages hold everything once, newest first', async () => {
    const seen: string[] = []
    let pageToken = ''
    do {
      const page = await call(stripe.listStripeEvents)({ tenant, pageSize: 3, pageToken })
      seen.push(...page.events.map(({ event }) => event))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    const all = await call(stripe.listStripeEvents)({ tenant, pageSize: 1000 })
    expect(seen).toEqual(all.events.map(({ event }) => event))
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThan(3)
  })

  test('wrong roles and other tenants see and do nothing', async () => {
    const auditor = (await server.caller(server.place.tenants.acme, 'auditor')).client
    const service = (await server.caller(server.place.tenants.acme, 'service')).client
    const globex = (await server.caller(server.place.tenants.globex, 'tenant_admin')).client
    expect((await globex.call(stripe.listStripeEvents)({})).events).toEqual([])
    expect((await globex.call(stripe.listMarks)({})).marks).toEqual([])
    expect((await globex.call(stripe.listCustomers)({})).customers).toEqual([])
    const customer = 'cus_1'
    const requestId = randomUUID()
    const session = { holder: person('alice'), plan: 'pro', ...urls, requestId }
    for (const [code, refused] of [
      ['NOT_FOUND', () => globex.call(stripe.listStripeEvents)({ account: 'shop' })],
      [
        'NOT_FOUND',
        () => globex.call(stripe.bindCustomer)({ account: 'shop', customer, holder: person('alice') }),
      ],
      ['NOT_FOUND', () => globex.call(stripe.createCheckoutSession)({ ...session, account: 'shop' })],
      ['NOT_FOUND', () => globex.call(stripe.replayStripeEvents)({ account: 'shop', dead: true })],
      ['CALLER_NOT_ALLOWED', () => auditor.call(stripe.bindCustomer)({ customer, holder: person('alice') })],
      ['CALLER_NOT_ALLOWED', () => auditor.call(stripe.createCheckoutSession)(session)],
      ['CALLER_NOT_ALLOWED', () => auditor.call(stripe.replayStripeEvents)({ dead: true })],
      ['CALLER_NOT_ALLOWED', () => service.call(stripe.listMarks)({})],
      ['CALLER_NOT_ALLOWED', () => service.call(stripe.unbindCustomer)({ customer })],
    ] as const) {
      expect((await failureOf(refused())).code).toBe(code)
    }
    // A shop's own service sells.
    expect((await service.call(stripe.createCheckoutSession)(session)).session).toMatch(/^cs_/)
  })
})

test('/healthz says whether the webhooks of any account are open', async () => {
  const isOpen = async () => {
    const answer = await fetch(`http://${server.http}/healthz`)
    return ((await answer.json()) as { readonly stripe_webhook: boolean }).stripe_webhook
  }
  const change = (account: object, ...paths: readonly string[]) =>
    call(stripe.updateStripeAccount)({
      account: { key: 'shop', ...account },
      updateMask: { paths: [...paths] },
      tenant,
    })
  const becomes = (open: boolean) => expect.poll(isOpen, { timeout: 20_000, interval: 50 }).toBe(open)
  await becomes(true)
  await change({ webhookSecrets: ['env:STRIPE_NOT_THERE'] }, 'webhook_secrets')
  await becomes(false)
  await change({ webhookSecrets: ['env:STRIPE_WEBHOOK_SECRET'] }, 'webhook_secrets')
  await becomes(true)
  await change({ disabled: true }, 'disabled')
  await becomes(false)
  await change({ disabled: false }, 'disabled')
  await becomes(true)
})
