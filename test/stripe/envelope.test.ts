import fc from 'fast-check'
import { expect, test } from 'vitest'
import { envelopeOf } from '#stripe/envelope.ts'
import { effectOf } from '#stripe/event-effect.ts'
import { jsonFlaw } from '#stripe/json-flaw.ts'
import { markOf } from '#stripe/mark-of.ts'

const base = { id: 'evt_1', object: 'event', type: 'invoice.paid', created: 1_780_000_000, livemode: true }

test.each([
  ['its customer', { object: { id: 'in_1', customer: 'cus_1' } }, { object_id: 'in_1', customer: 'cus_1' }],
  [
    'an expanded one',
    { object: { id: 'in_1', customer: { id: 'cus_1' } } },
    { object_id: 'in_1', customer: 'cus_1' },
  ],
  ['no customer', { object: { id: 'cs_1', customer: null } }, { object_id: 'cs_1' }],
  [
    'a customer itself',
    { object: { id: 'cus_1', object: 'customer' } },
    { object_id: 'cus_1', customer: 'cus_1' },
  ],
  ['a customer and no id', { object: { customer: 'cus_1' } }, { customer: 'cus_1' }],
  ['nothing that is a text', { object: { id: 7, customer: ['cus_1'] } }, {}],
  ['nothing', {}, {}],
])('of a snapshot event is read: %s', (_name, data, read) => {
  const { id, type, livemode } = base
  expect(envelopeOf({ ...base, data })).toEqual({ id, type, livemode, created: 1_780_000_000_000, ...read })
})

test('C-4 the newest event is known by Stripe’s time, not by ours', () => {
  const thin = { ...base, object: 'v2.core.event', created: '2026-05-28T20:26:40.123Z', context: 'acct_1' }
  expect(envelopeOf(thin)).toEqual({
    id: 'evt_1',
    type: 'invoice.paid',
    livemode: true,
    created: 1_780_000_000_123,
    account: 'acct_1',
  })
  expect(envelopeOf({ ...base, account: 'acct_1', api_version: '2020-08-27' })).toMatchObject({
    account: 'acct_1',
    api_version: '2020-08-27',
  })
})

test('V66 whose event it is cannot be read: it is nobody’s, and not the key’s own', () => {
  const thin = { ...base, object: 'v2.core.event', created: '2026-05-28T20:26:40.123Z' }
  for (const said of [{ id: 'acct_1' }, ['acct_1'], 7, false, 'acct 1', `acct_${'x'.repeat(300)}`]) {
    expect(envelopeOf({ ...base, account: said })).toBeUndefined()
    expect(envelopeOf({ ...thin, context: said })).toBeUndefined()
  }
  for (const said of [null, ''])
    for (const event of [
      { ...base, account: said },
      { ...thin, context: said },
    ])
      expect(envelopeOf(event)).not.toHaveProperty('account')
})

test('V54 what is inherited was not sent', () => {
  expect(envelopeOf({ ...base })).toBeDefined()
  expect(envelopeOf(Object.create(base))).toBeUndefined()
})

test('whatever is sent is an envelope that the tables can hold, or none', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom('event', 'v2.core.event', 'customer', 'evt_1', 'x'.repeat(300)),
  )
  const value = fc.oneof(texts, fc.double(), fc.boolean(), fc.constant(null))
  const object = fc.record(
    { id: value, customer: fc.oneof(value, fc.record({ id: value })), object: value },
    { requiredKeys: [] },
  )
  const event = fc.record(
    {
      id: value,
      object: texts,
      type: value,
      created: fc.oneof(value, fc.nat(), fc.constant('2026-01-01T00:00:00Z')),
      livemode: fc.oneof(value, fc.boolean()),
      api_version: value,
      account: value,
      context: value,
      data: fc.oneof(value, fc.record({ object: fc.oneof(value, object) })),
      related_object: fc.oneof(value, object),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(event, fc.jsonValue()), (sent) => {
      const envelope = envelopeOf(sent)
      if (envelope === undefined) return
      const { created, livemode, ...rest } = envelope
      expect(Number.isSafeInteger(created) && created >= 0 && created < 253_402_300_800_000).toBe(true)
      expect(typeof livemode).toBe('boolean')
      for (const text of Object.values(rest)) expect(text).toMatch(/^[\x21-\x7e]{1,255}$/)
      expect(envelope.id).toBe((sent as { id: string }).id)
    }),
  )
})

test.each([
  ['customer.subscription.updated', 'marks'],
  ['v1.customer.subscription.updated', 'marks'],
  ['checkout.session.expired', 'marks'],
  ['subscription_schedule.aborted', 'marks'],
  ['entitlements.active_entitlement_summary.updated', 'marks'],
  ['charge.dispute.closed', 'marks'],
  ['refund.failed', 'marks'],
  ['customer.deleted', 'marks'],
  // Only thin events are so fine.
  ['v1.customer.subscription.past_due', 'marks'],
  ['v1.customer.subscription.item_quantity_changed', 'marks'],
  ['v1.customer.subscription.item_tax_rates_changed', 'none'],
  ['v1.customer.subscription.default_payment_method_changed', 'none'],
  ['v1.subscription_schedule.phase_removed', 'marks'],
  ['v1.invoice.line_item_added', 'none'],
  ['v1.entitlements.active_entitlement_summary.entitlement_removed', 'marks'],
  ['customer.subscription.past_due', 'unknown'],
  ['customer.subscription.trial_will_end', 'notice'],
  ['v1.customer.subscription.trial_will_end', 'notice'],
  ['customer.source.expiring', 'notice'],
  ['customer.source.updated', 'none'],
  ['billing.alert.triggered', 'notice'],
  ['billing.alert.archived', 'none'],
  ['customer.created', 'none'],
  ['invoice.upcoming', 'notice'],
  ['invoice.will_be_due', 'notice'],
  ['price.updated', 'none'],
  ['billing.credit_grant.created', 'none'],
  ['issuing_card.created', 'none'],
  ['test_helpers.test_clock.ready', 'none'],
  ['v2.core.account.updated', 'none'],
  ['invoice.paid.twice', 'unknown'],
  ['customer.subscription.invented', 'unknown'],
  ['toString', 'unknown'],
  ['', 'unknown'],
])('S002-35 %s: %s', (type, effect) => {
  expect(effectOf(type)).toBe(effect)
})

test('a mark is the customer, else what the event is about, else nobody', () => {
  const envelope = { ...base, object_id: 'in_1', customer: 'cus_1' }
  expect(markOf(envelope)).toBe('cus_1')
  const { customer, ...guest } = envelope
  expect(markOf(guest)).toBe('in_1')
  expect(markOf(base)).toBeUndefined()
  expect(markOf({ ...envelope, type: 'invoice.created' })).toBeUndefined()
})

test('what parses and names nothing twice has no flaw, however it is written', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.nat(3), (text, indent) => {
      const parsed = JSON.parse(text) as unknown
      expect(jsonFlaw(JSON.stringify(parsed, null, indent))).toBeUndefined()
    }),
  )
})

test('V55 what is too deep or said twice is found, and text in strings is not', () => {
  expect(jsonFlaw('['.repeat(65))).toBe('nesting')
  expect(jsonFlaw('['.repeat(64))).toBeUndefined()
  expect(jsonFlaw(JSON.stringify({ a: '['.repeat(100), b: '\\"{{' }))).toBeUndefined()
  expect(jsonFlaw('{"a":1,"a":2}')).toBe('repeated key')
  expect(jsonFlaw('{"a":{"b":{"c":1,"\\u0063":2}}}')).toBe('repeated key')
  expect(jsonFlaw('{"a":{"b":1},"c":{"b":1},"d":[{"b":1},{"b":"b"}]}')).toBeUndefined()
  // Nobody may have us remember more names than any event has, before it is known who sent them.
  const names = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, at) => [`n${at}`, at]))
  expect(jsonFlaw(JSON.stringify({ a: names(2000), b: [names(2000), names(2000)] }))).toBe('many names')
  expect(jsonFlaw(JSON.stringify({ a: names(2000), b: { c: { d: names(9000) } } }))).toBeUndefined()
  // Where nothing is read it says nothing.
  expect(jsonFlaw('{"a":{"b":{"c":{"d":1,"d":2}}}}')).toBeUndefined()
  for (const cut of ['"', '{"a', '{"a\\', '}}}]]]{"a":1', '\\']) expect(jsonFlaw(cut)).toBeUndefined()
})
