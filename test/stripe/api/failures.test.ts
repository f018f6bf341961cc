import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStripeApi } from '#stripe/api/create-api.ts'
import { StripeFailure } from '#stripe/api/stripe-failure.ts'
import type { Fault } from '#test/stripe/fake/faults.ts'
import { type FakeStripe, startFakeStripe } from '#test/stripe/fake/start-fake-stripe.ts'
import { account, connected } from './connected.ts'

// Some wait for a machine that has other tests to run.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 120_000 })

let fake: FakeStripe
let customer: string
beforeEach(async () => {
  // What it answers when nothing is wrong is held against Stripe elsewhere.
  fake = await startFakeStripe({ checked: false })
  customer = fake.createCustomer()
  const price = fake.createPrice()
  for (let n = 0; n < 105; n++) fake.subscribe(customer, [{ price }])
  fake.completeCheckout({ mode: 'payment', lines: [{ price: fake.createPrice({ once: true }) }], customer })
})
afterEach(async () => {
  await fake.close()
  expect(fake.mistakes).toEqual([])
})

const failureOf = async (work: Promise<unknown>): Promise<StripeFailure> => {
  const thrown = await work.then(
    (value) => ({ value }),
    (error: unknown) => error,
  )
  if (thrown instanceof StripeFailure) return thrown
  throw new Error(`no StripeFailure, but ${JSON.stringify(thrown).slice(0, 200)}`)
}
const ask = (needs = {}) => connected(fake, needs).fetchCustomer(customer, { features: true })

const faults: readonly (readonly [Fault, StripeFailure['kind']])[] = [
  [500, 'unavailable'],
  [503, 'unavailable'],
  ['cut', 'unavailable'],
  ['half', 'unavailable'],
  ['hang', 'unavailable'],
  [429, 'limited'],
  [409, 'limited'],
  [400, 'refused'],
  [401, 'refused'],
  [402, 'refused'],
  [403, 'refused'],
]
const paths = [
  ['/v1/customers', 0],
  ['/v1/subscriptions', 0],
  ['/v1/subscriptions', 1],
  ['/v1/subscription_schedules', 0],
  ['/v1/checkout/sessions', 0],
  ['/v1/entitlements/active_entitlements', 0],
] as const

for (const [fault, kind] of faults)
  test(`S001-46 F45 ${fault} in any request is ${kind}, and never a customer without subscriptions`, async () => {
    for (const [path, skip] of paths) {
      fake.failOnce(path, fault, skip)
      const failure = await failureOf(ask(fault === 'hang' ? { timeoutMs: 300 } : {}))
      expect([path, failure.kind]).toEqual([path, kind])
    }
    expect((await ask()).subscriptions).toHaveLength(105)
  })

test('S001-46 an answer that takes too long, drop by drop, is given up whole', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const dripping = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(dripping))
  })
  const url = await listening(server)
  const failure = await failureOf(
    connected({ url, key: 'sk_test_x' }, { timeoutMs: 200 }).fetchCustomer('cus_1', { features: false }),
  )
  expect(failure.kind).toBe('unavailable')
  server.closeAllConnections()
  server.close()
})

const strange: readonly (readonly [string, number, string])[] = [
  ['an empty object', 200, '{}'],
  ['null', 200, 'null'],
  ['a page of a proxy', 200, '<html>welcome</html>'],
  ['an error page', 502, '<html>bad gateway</html>'],
  ['an error that Stripe did not write', 500, '{"message":"upstream"}'],
  ['a list that is none', 200, '{"object":"list","has_more":false}'],
  ['a list of nothing', 200, '{"object":"list","data":[null],"has_more":false}'],
  ['a list without its end', 200, '{"object":"list","data":[]}'],
  ['another customer', 200, '{"object":"customer","id":"cus_2","livemode":false}'],
  ['something else', 200, '{"object":"charge","id":"cus_1"}'],
  ['an error with the body of a success', 500, '{"object":"customer","id":"cus_1","deleted":true}'],
]
for (const [name, status, body] of strange)
  test(`S001-46 ${name} is no answer`, async () => {
    let first = ''
    const server = createServer((request, response) => {
      const real = first !== '' && request.url?.startsWith('/v1/customers') === true
      response.writeHead(real ? 200 : status, { location: 'http://127.0.0.1:1/' })
      response.end(real ? first : body)
    })
    const api = connected({ url: await listening(server), key: 'sk_test_x' })
    expect((await failureOf(api.fetchCustomer('cus_1', { features: false }))).kind).toBe('unavailable')
    first = '{"object":"customer","id":"cus_1","livemode":false}'
    if (!body.includes('cus_')) {
      expect((await failureOf(api.fetchCustomer('cus_1', { features: false }))).kind).toBe('unavailable')
    }
    server.closeAllConnections()
    server.close()
  })

const unending: readonly (readonly [string, number, object])[] = [
  ['repeats itself', 2, { data: [{ id: 'evt_1' }], has_more: true }],
  ['says more and gives nothing', 1, { data: [], has_more: true }],
]
for (const [name, requests, page] of unending)
  test(`S001-46 a list that ${name} is none`, async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked++
      response.end(JSON.stringify({ object: 'list', url: '/', ...page }))
    })
    const api = connected({ url: await listening(server), key: 'sk_test_x' })
    const failure = await failureOf(Array.fromAsync(api.events(0)))
    expect([failure.kind, asked]).toEqual(['unavailable', requests])
    server.closeAllConnections()
    server.close()
  })

test('S001-46 the answer to another question is none', async () => {
  const body = '{"object":"subscription","id":"sub_2","customer":"cus_2"}'
  const server = createServer((_request, response) => response.end(body))
  const api = connected({ url: await listening(server), key: 'sk_test_x' })
  expect((await failureOf(api.customerOf('sub_1'))).kind).toBe('unavailable')
  expect(await api.customerOf('sub_2')).toBe('cus_2')
  server.closeAllConnections()
  server.close()
})

test('S001-46 what cannot be read is refused, in a list and alone', async () => {
  const list = { object: 'list', url: '/', data: [{ id: 'sub_1', object: 'subscription' }], has_more: false }
  const server = createServer((request, response) => {
    const alone = request.url?.startsWith('/v1/customers')
    response.end(JSON.stringify(alone ? { object: 'customer', id: 'cus_1', livemode: false } : list))
  })
  const api = connected({ url: await listening(server), key: 'sk_test_x' })
  for (const work of [
    Array.fromAsync(api.subscriptions()),
    api.fetchCustomer('cus_1', { features: false }),
  ]) {
    const failure = await failureOf(work)
    expect([failure.kind, failure.message]).toEqual(['refused', expect.stringContaining('cannot be read')])
  }
  server.closeAllConnections()
  server.close()
})

test('S001-46 an answer of another address is none: a redirection is not followed', async () => {
  let led = 0
  const elsewhere = createServer((_request, response) => {
    led++
    response.end('{"object":"customer","id":"cus_1","livemode":false,"deleted":true}')
  })
  const location = await listening(elsewhere)
  const server = createServer((_request, response) => response.writeHead(307, { location }).end())
  const api = connected({ url: await listening(server), key: 'sk_test_x' })
  expect((await failureOf(api.fetchCustomer('cus_1', { features: false }))).kind).toBe('unavailable')
  expect(led).toBe(0)
  for (const each of [server, elsewhere]) each.closeAllConnections()
  server.close()
  elsewhere.close()
})

test('S001-46 a list that shrinks while it is read is no list', async () => {
  const all = await ask()
  const hundredth = all.subscriptions[99]?.id ?? ''
  fake.latency(1)
  const api = connected(fake)
  const reading = api.subscriptions()[Symbol.asyncIterator]()
  await reading.next()
  fake.thing('subscription', hundredth).id = 'sub_moved'
  const failure = await failureOf(
    (async () => {
      for (let step = await reading.next(); !step.done; step = await reading.next());
    })(),
  )
  expect([failure.kind, failure.message]).toEqual([
    'unavailable',
    'subscriptions.list: the list changed while it was read',
  ])
})

test('F45 a fetch that fails leaves nothing under way, and says what failed first', async () => {
  fake.failOnce('/v1/subscription_schedules', 401)
  fake.latency(150)
  expect((await failureOf(ask())).kind).toBe('refused')
  const sent = fake.requests.length
  // The second page of subscriptions is not asked for any more.
  expect(fake.requests.map(({ path }) => path).filter((path) => path === '/v1/subscriptions')).toHaveLength(1)
  expect(fake.requests.every(({ status }) => status > 0)).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(fake.requests).toHaveLength(sent)
})

test('S001-46 an item that is gone before all were listed fails the whole', async () => {
  const many = Array.from({ length: 12 }, () => ({ price: fake.createPrice() }))
  const subscription = fake.subscribe(customer, many)
  fake.latency(30)
  const asked = ask()
  await until(() => fake.requests.some(({ path }) => path === '/v1/subscription_items'))
  fake.updateItems(subscription, many.slice(1))
  expect((await failureOf(asked)).message).toBe('subscription_items.list: the list changed while it was read')
})

test('an answer beyond the limit is not read to its end', async () => {
  expect((await failureOf(ask({ mostBytes: 5000 }))).message).toContain('ANSWER_TOO_LARGE')
})

test('F46 what Stripe says by its code counts as what it is', async () => {
  const codes = [
    ['lock_timeout', 'limited'],
    ['rate_limit', 'limited'],
    ['resource_missing', 'missing'],
    ['parameter_unknown', 'refused'],
  ] as const
  for (const [code, kind] of codes) {
    const body = JSON.stringify({ error: { type: 'invalid_request_error', code, message: 'so it is' } })
    const server = createServer((_request, response) => response.writeHead(400).end(body))
    const failure = await failureOf(
      connected({ url: await listening(server), key: 'sk_test_x' }).customerOf('sub_1'),
    )
    expect([failure.kind, failure.message]).toEqual([kind, `subscriptions.retrieve: 400 ${code}`])
    server.closeAllConnections()
    server.close()
  }
})

test('what is not there is missing, also where the parameters name it', async () => {
  const api = connected(fake)
  expect((await failureOf(api.fetchCustomer('cus_gone', { features: false }))).kind).toBe('missing')
  expect((await failureOf(api.fetchCustomer('cs_gone', { features: false }))).kind).toBe('missing')
  expect((await failureOf(api.customerOf('sub_gone'))).kind).toBe('missing')
  expect((await failureOf(api.setQuantity('si_gone', 1, 'k'))).kind).toBe('missing')
  expect(
    (await failureOf(api.createPortalSession({ customer: 'cus_gone', idempotency_key: 'k2' }))).kind,
  ).toBe('missing')
})

test('F46 Retry-After is told and kept: nothing is sent before', async () => {
  const api = connected(fake, { longestWaitMs: 100 })
  fake.limit(429, 7)
  const first = await failureOf(api.customerOf('sub_1'))
  expect([first.kind, first.retryAfterMs]).toEqual(['limited', 7000])
  fake.up()
  const sent = fake.requests.length
  const second = await failureOf(api.customerOf('sub_1'))
  expect([second.kind, fake.requests.length]).toEqual(['limited', sent])
  expect(second.retryAfterMs).toBeGreaterThan(5000)
})

test('F46 an account’s requests are spread: what the bucket does not hold waits its turn', async () => {
  let clock = 0
  const api = connected(fake, { perSecond: 5, longestWaitMs: 0, clock: () => clock })
  const some = (count: number) =>
    Promise.allSettled(Array.from({ length: count }, () => api.customerOf('ch_none')))
  const count = (all: readonly PromiseSettledResult<unknown>[], kind: string) =>
    all.filter((each) => each.status === 'rejected' && each.reason.kind === kind).length
  const first = await some(8)
  expect([count(first, 'missing'), count(first, 'limited')]).toEqual([5, 3])
  clock += 400
  const second = await some(8)
  expect([count(second, 'missing'), count(second, 'limited')]).toEqual([2, 6])
})

test('F45 failures in a row open the breaker: an outage costs few requests, and one of them finds Stripe back', async () => {
  let clock = 0
  const api = connected(fake, { clock: () => clock, breaksAfter: 3 })
  const tries = async (count: number) => {
    for (let n = 0; n < count; n++)
      expect((await failureOf(api.customerOf('sub_1'))).kind).toBe('unavailable')
  }
  fake.down(500)
  await tries(20)
  expect(fake.requests).toHaveLength(3)
  expect((await failureOf(api.customerOf('sub_1'))).retryAfterMs).toBe(1000)
  clock += 1000
  await tries(20)
  expect(fake.requests).toHaveLength(4)
  clock += 1999
  await tries(5)
  expect(fake.requests).toHaveLength(4)
  for (let hour = 0; hour < 3600; hour += 10) {
    clock += 10_000
    await tries(2)
  }
  // An hour of asking every ten seconds: each half minute one request.
  expect(fake.requests.length).toBeLessThan(150)
  fake.up()
  clock += 30_000
  expect((await failureOf(api.customerOf('sub_1'))).kind).toBe('missing')
  const sent = fake.requests.length
  await Promise.all([1, 2, 3].map(() => failureOf(api.customerOf('sub_1'))))
  expect(fake.requests).toHaveLength(sent + 3)
})

test('while one request tries whether Stripe is back, the others do not go out', async () => {
  let clock = 0
  const api = connected(fake, { clock: () => clock, breaksAfter: 1 })
  fake.down(500)
  await failureOf(api.customerOf('sub_1'))
  clock += 1000
  const sent = fake.requests.length
  await Promise.all([1, 2, 3, 4].map(() => failureOf(api.customerOf('sub_1'))))
  expect(fake.requests).toHaveLength(sent + 1)
})

test('failures of many at once are one reason to pause, not many', async () => {
  let clock = 0
  const api = connected(fake, { clock: () => clock, breaksAfter: 2 })
  fake.down('cut')
  await Promise.all(Array.from({ length: 12 }, () => failureOf(api.customerOf('sub_1'))))
  fake.up()
  clock += 1000
  expect((await failureOf(api.customerOf('sub_1'))).kind).toBe('missing')
})

test('no error tells a secret: not of a wrong key, not of what Stripe repeats', async () => {
  const key = 'sk_test_51HsecretHsecret'
  const said: string[] = []
  const note = async (work: Promise<unknown>) => {
    const failure = await failureOf(work)
    said.push(`${failure.message} ${JSON.stringify(failure)} ${failure.stack} ${String(failure.cause)}`)
    return failure
  }
  const wrong = connected({ url: fake.url, key })
  expect((await note(wrong.customerOf('sub_1'))).kind).toBe('refused')
  const body = JSON.stringify({
    error: {
      type: 'invalid_request_error',
      code: key,
      param: key,
      message: `Invalid API Key provided: ${key}`,
    },
  })
  for (const status of [400, 401, 403, 404, 429, 500]) {
    const server = createServer((_request, response) => response.writeHead(status).end(body))
    await note(connected({ url: await listening(server), key }).customerOf('sub_1'))
    server.closeAllConnections()
    server.close()
  }
  await note(connected({ url: 'http://127.0.0.1:1', key }).customerOf('sub_1'))
  expect(said).toHaveLength(8)
  for (const each of said) expect(each).not.toContain('secret')
})

test('a key that is not there, or one of the other mode, is not tried', async () => {
  const make = (key: string | undefined, livemode = false) =>
    createStripeApi({ secret: () => key, base: new URL(fake.url) })({ ...account, livemode })
  const sent = fake.requests.length
  for (const api of [
    make(undefined),
    make('  '),
    make('sk_live_1'),
    make('rk_test_1', true),
    make('sk_test\nx'),
  ]) {
    const failure = await failureOf(api.customerOf('sub_1'))
    expect([failure.kind, failure.message]).toEqual(['refused', expect.stringContaining('env:KEY')])
  }
  expect(fake.requests).toHaveLength(sent)
})

test('a customer of the other mode is refused, though the key reads it', async () => {
  fake.thing('customer', customer).livemode = true
  const failure = await failureOf(ask())
  expect([failure.kind, failure.message]).toEqual(['refused', expect.stringContaining('live mode')])
  const session = fake.completeCheckout({
    mode: 'payment',
    lines: [{ price: fake.createPrice({ once: true }) }],
  })
  fake.thing('checkout.session', session).livemode = true
  const fetched = connected(fake).fetchCustomer(session, { features: false })
  expect((await failureOf(fetched)).message).toContain('live mode')
})

test('a secret that was replaced is used at once', async () => {
  let key = 'sk_test_old'
  const api = createStripeApi({ secret: () => key, base: new URL(fake.url) })(account)
  expect((await failureOf(api.fetchCustomer(customer, { features: false }))).kind).toBe('refused')
  key = fake.key
  expect((await api.fetchCustomer(customer, { features: false })).customer).toBe(customer)
})

test('requests are counted by what was asked and what became of it, and Stripe’s clock is compared', async () => {
  const counted: string[] = []
  const left: number[] = []
  const skews: number[] = []
  const metrics = {
    requested: (...[name, operation, outcome]: readonly unknown[]) =>
      counted.push(`${name} ${operation} ${outcome}`),
    budget: (_account: string, count: number) => left.push(count),
  }
  const now = () => Date.now() + 3_600_000
  const api = connected(fake, {
    metrics,
    now,
    perSecond: 100,
    clock: () => 0,
    skewed: (ms) => skews.push(ms),
  })
  await failureOf(api.customerOf('sub_gone'))
  fake.failOnce('/v1/customers', 500)
  await failureOf(api.fetchCustomer(customer, { features: false }))
  await api.customerOf(fake.itemsOf((await ask()).subscriptions[0]?.id ?? '')[0] ?? '')
  expect(counted).toEqual([
    'shop subscriptions.retrieve missing',
    'shop customers.retrieve unavailable',
    'shop subscription_items.retrieve ok',
    'shop subscriptions.retrieve ok',
  ])
  expect(left[0]).toBe(99)
  expect(skews.every((ms) => ms < -3_500_000 && ms > -3_700_000)).toBe(true)
})

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 1))
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
