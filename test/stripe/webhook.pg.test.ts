import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addAccount, deliver, eventOf, post, signatureOf } from './delivering.ts'

const env = {
  HOOK_NEW: 'whsec_7Hq2ZkPw9XvLmT4cRb8N',
  HOOK_OLD: 'whsec_Jd5sYf3GtUe6KaWn1BoC',
  HOOK_GLOBEX: 'whsec_uQ0iVr4MhEx7DzSg2LpA',
}
const secret = env.HOOK_NEW

let server: Server
let acme: string
let globex: string
beforeAll(async () => {
  server = await startServer(env)
  ;({ acme, globex } = server.place.tenants)
  await addAccount(server, acme, {
    key: 'acme',
    account: 'acct_acme',
    secrets: ['env:HOOK_NEW', 'env:HOOK_OLD'],
  })
})
afterAll(() => server?.stop())

const events = () => server.place.database.sql<EventRow[]>`
  select tenant_id, event_id, type, api_version, created, object_id, customer, marks, status, received_via, to_jsonb(e)::text as row
  from vouchsafe.stripe_events e order by received_at, event_id`
const eventsOf = async (id: string) => (await events()).filter(({ event_id }) => event_id === id)
const marks = async () => {
  const rows = await server.place.database.sql<
    MarkRow[]
  >`select tenant_id, object, generation from vouchsafe.stripe_marks`
  return new Map(rows.map(({ object, ...rest }) => [object, rest]))
}
const metrics = async (line: RegExp): Promise<number> => {
  const text = await (await fetch(`http://${server.ops}/metrics`)).text()
  return Number(line.exec(text)?.[1] ?? 0)
}
const subscription = (customer: string) => ({ id: `sub_${customer}`, object: 'subscription', customer })

test('S002-8 S002-34 S002-36 a signed event is kept with a mark, answered, and nothing of its body is kept', async () => {
  const event = eventOf('customer.subscription.updated', {
    ...subscription('cus_1'),
    metadata: { note: 'a-private-note' },
  })
  const reply = await deliver(server, 'acme', event, { secret })
  expect(reply).toEqual({ status: 200, body: { received: true, event_id: event.id, processed: true } })
  const [row, ...others] = await eventsOf(event.id)
  expect(others).toEqual([])
  expect(row).toMatchObject({
    tenant_id: acme,
    type: 'customer.subscription.updated',
    api_version: '2026-10-28.endive',
    created: (event.created as number) * 1000,
    object_id: 'sub_cus_1',
    customer: 'cus_1',
    marks: 'cus_1',
    received_via: 'push',
  })
  expect(row?.row).not.toContain('a-private-note')
  expect((await marks()).get('cus_1')).toEqual({ tenant_id: acme, generation: 1 })
})

test('S002-36 C-10 a repeat is answered as one, and marks nobody', async () => {
  const event = eventOf('invoice.paid', { id: 'in_2', object: 'invoice', customer: 'cus_2' })
  expect((await deliver(server, 'acme', event, { secret })).body.processed).toBe(true)
  for (let n = 0; n < 3; n++) {
    expect(await deliver(server, 'acme', event, { secret })).toEqual({
      status: 200,
      body: { received: true, event_id: event.id, processed: false, reason: 'duplicate_event' },
    })
  }
  expect(await eventsOf(event.id)).toHaveLength(1)
  expect((await marks()).get('cus_2')?.generation).toBe(1)
})

test('C-10 S001-47 of deliveries at the same time one is new and the others are repeats; none is told to wait', async () => {
  for (let round = 0; round < 5; round++) {
    const event = eventOf('invoice.paid', { id: 'in_3', object: 'invoice', customer: `cus_3_${round}` })
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => deliver(server, 'acme', event, { secret })),
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(replies.filter(({ body }) => body.processed === true)).toHaveLength(1)
    expect(replies.filter(({ body }) => body.reason === 'duplicate_event')).toHaveLength(7)
    expect((await marks()).get(`cus_3_${round}`)?.generation).toBe(1)
  }
})

test('S002-8 the bare paths are for a single account: with a second one they say where to send', async () => {
  const bare = async (path: string) => {
    const event = eventOf('invoice.paid', { id: 'in_4', object: 'invoice', customer: 'cus_4' })
    const payload = JSON.stringify(event)
    return post(server, path, payload, { 'stripe-signature': signatureOf(payload, { secret }) })
  }
  for (const path of ['/webhooks/stripe', '/v1/webhooks/stripe']) {
    expect(await bare(path)).toMatchObject({ status: 200, body: { received: true, processed: true } })
  }
  await addAccount(server, globex, { key: 'globex', livemode: true, secrets: ['env:HOOK_GLOBEX'] })
  await expect.poll(async () => (await bare('/webhooks/stripe')).status).toBe(404)
  expect((await bare('/v1/webhooks/stripe')).body).toMatchObject({
    code: 'not_found',
    message: 'There is not just one Stripe account: send to /webhooks/stripe/{endpoint}.',
  })
})

test('S002-35 the least of events that there are mark their customer', async () => {
  const types = ['checkout.session.completed', 'invoice.payment_failed']
  const lifecycle = ['created', 'updated', 'deleted'].map((each) => `customer.subscription.${each}`)
  for (const [index, type] of [...types, ...lifecycle].entries()) {
    const customer = `cus_5_${index}`
    // As Stripe sends it where an endpoint expands it.
    const expanded = index % 2 === 0 ? customer : { id: customer, object: 'customer', email: 'x@example.com' }
    const event = eventOf(type, { id: `x_${index}`, object: 'thing', customer: expanded })
    expect((await deliver(server, 'acme', event, { secret })).status).toBe(200)
    expect(await eventsOf(event.id)).toMatchObject([{ customer, marks: customer, status: 'received' }])
    expect((await marks()).has(customer)).toBe(true)
  }
})

test('what names no customer is marked itself, to be found out', async () => {
  const dispute = eventOf('charge.dispute.created', { id: 'dp_6', object: 'dispute', charge: 'ch_6' })
  const guest = eventOf('checkout.session.completed', {
    id: 'cs_6',
    object: 'checkout.session',
    customer: null,
  })
  for (const event of [dispute, guest])
    expect((await deliver(server, 'acme', event, { secret })).status).toBe(200)
  expect(await eventsOf(dispute.id)).toMatchObject([{ marks: 'dp_6', customer: null }])
  expect((await marks()).has('cs_6')).toBe(true)
})

test('an unknown type, an unknown version, and what changes no right are kept and counted, and nobody is fetched', async () => {
  const before = await marks()
  const odd = eventOf(
    'novelty.thing.happened',
    { id: 'nov_1', customer: 'cus_7' },
    { api_version: '2031-01-01.zinnia' },
  )
  const idle = eventOf('payment_intent.succeeded', {
    id: 'pi_7',
    object: 'payment_intent',
    customer: 'cus_7',
  })
  const bare = eventOf('customer.subscription.updated', {}, { api_version: null, data: {} })
  for (const event of [odd, idle, bare]) {
    const reply = await deliver(server, 'acme', event, { secret })
    expect(reply).toEqual({ status: 200, body: { received: true, event_id: event.id, processed: true } })
    expect(await eventsOf(event.id)).toMatchObject([{ marks: null, status: 'ignored' }])
  }
  expect([...(await marks()).keys()].sort()).toEqual([...before.keys()].sort())
  expect(await metrics(/stripe_events_total\{family="novelty",outcome="unknown"\} (\d+)/)).toBe(1)
  expect(await metrics(/stripe_events_total\{family="payment_intent",outcome="ignored"\} (\d+)/)).toBe(1)
  // Nobody can be told of whom it is, which somebody should see.
  expect(await metrics(/stripe_events_total\{family="customer",outcome="unknown"\} (\d+)/)).toBe(1)
})

test('a notice that Stripe gives changes no right: it is kept, counted and told, and nobody is fetched', async () => {
  const before = [...(await marks()).keys()].sort()
  const notices = [
    eventOf('customer.subscription.trial_will_end', subscription('cus_7')),
    // What is only to come has no id.
    eventOf('invoice.upcoming', { id: null, object: 'invoice', customer: 'cus_7' }),
    eventOf('invoice.will_be_due', { id: 'in_7', object: 'invoice', customer: 'cus_7' }),
    eventOf('customer.source.expiring', { id: 'card_7', object: 'card', customer: 'cus_7' }),
  ]
  for (const event of notices) {
    const reply = await deliver(server, 'acme', event, { secret })
    expect(reply).toEqual({ status: 200, body: { received: true, event_id: event.id, processed: true } })
    expect(await eventsOf(event.id)).toMatchObject([{ customer: 'cus_7', marks: null, status: 'ignored' }])
  }
  expect(await metrics(/stripe_events_total\{family="customer",outcome="notice"\} (\d+)/)).toBe(2)
  expect(await metrics(/stripe_events_total\{family="invoice",outcome="notice"\} (\d+)/)).toBe(2)
  // A repeat is none.
  await deliver(server, 'acme', notices[0] ?? {}, { secret })
  expect(await metrics(/stripe_events_total\{family="customer",outcome="notice"\} (\d+)/)).toBe(2)
  expect([...(await marks()).keys()].sort()).toEqual(before)
})

test('a thin event of either API is read by what it is related to', async () => {
  const thin = {
    id: 'evt_thin_8',
    object: 'v2.core.event',
    type: 'v1.customer.subscription.updated',
    created: '2026-11-01T10:00:00.000Z',
    livemode: false,
    context: 'org_1/acct_acme',
    related_object: { id: 'sub_8', type: 'subscription', url: '/v1/subscriptions/sub_8' },
  }
  expect(await deliver(server, 'acme', thin, { secret })).toMatchObject({
    status: 200,
    body: { processed: true },
  })
  expect(await eventsOf(thin.id)).toMatchObject([
    { marks: 'sub_8', object_id: 'sub_8', created: Date.parse(thin.created), api_version: null },
  ])
  const elsewhere = { ...thin, id: 'evt_thin_9', context: 'acct_other' }
  expect((await deliver(server, 'acme', elsewhere, { secret })).status).toBe(400)
  const forged = { ...thin, id: 'evt_thin_10' }
  expect((await deliver(server, 'acme', forged, { secret: env.HOOK_GLOBEX })).status).toBe(400)
  expect(await eventsOf('evt_thin_9')).toEqual([])
})

test('V66 an event that says no account is of the key’s own, known or not; one that says it says the same', async () => {
  await addAccount(server, acme, { key: 'nameless', secrets: ['env:HOOK_NEW'] })
  for (const [endpoint, fields] of [
    ['nameless', {}],
    ['acme', {}],
    ['acme', { account: 'acct_acme' }],
  ] as const) {
    const about = { id: 'in_10', object: 'invoice', customer: 'cus_10' }
    const event = eventOf('invoice.paid', about, fields)
    await expect
      .poll(() => deliver(server, endpoint, event, { secret }))
      .toMatchObject({ status: 200, body: { received: true } })
  }
})

test('several secrets count at once while one is replaced', async () => {
  for (const secret of [env.HOOK_NEW, env.HOOK_OLD]) {
    const event = eventOf('invoice.paid', { id: 'in_11', object: 'invoice', customer: 'cus_11' })
    expect((await deliver(server, 'acme', event, { secret })).status).toBe(200)
  }
})

test('an event belongs to the tenant of its endpoint, and its id to the account', async () => {
  const event = eventOf('invoice.paid', { id: 'in_12', object: 'invoice', customer: 'cus_12' })
  const live = { ...event, livemode: true }
  expect((await deliver(server, 'globex', live, { secret: env.HOOK_GLOBEX })).body.processed).toBe(true)
  expect((await marks()).get('cus_12')?.tenant_id).toBe(globex)
  expect((await deliver(server, 'acme', event, { secret })).body.processed).toBe(true)
  expect((await eventsOf(event.id)).map(({ tenant_id }) => tenant_id).sort()).toEqual([acme, globex].sort())
})

test('any media type is taken, for the signature speaks for the bytes', async () => {
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'application/octet-stream',
  ]) {
    const event = eventOf('invoice.paid', { id: 'in_13', object: 'invoice', customer: 'cus_13' })
    const payload = JSON.stringify(event)
    const headers = { 'content-type': type, 'stripe-signature': signatureOf(payload, { secret }) }
    expect([type, (await post(server, '/webhooks/stripe/acme', payload, headers)).status]).toEqual([
      type,
      200,
    ])
  }
})

test('an event is taken while the tenant’s history is held up by somebody else, and is no part of it', async () => {
  const { sql } = server.place.database
  const revision = async () =>
    (await sql<{ revision: number }[]>`select revision from vouchsafe.head where tenant_id = ${acme}`)[0]
      ?.revision
  const before = await revision()
  await sql.begin(async (tx) => {
    await tx`select from vouchsafe.head where tenant_id = ${acme} for update`
    const event = eventOf('invoice.paid', { id: 'in_14', object: 'invoice', customer: 'cus_14' })
    expect((await deliver(server, 'acme', event, { secret })).status).toBe(200)
  })
  expect(await revision()).toBe(before)
})

type EventRow = {
  readonly tenant_id: string
  readonly event_id: string
  readonly type: string
  readonly api_version: string | null
  readonly created: number
  readonly object_id: string | null
  readonly customer: string | null
  readonly marks: string | null
  readonly status: string
  readonly received_via: string
  readonly row: string
}
type MarkRow = { readonly tenant_id: string; readonly object: string; readonly generation: number }
