import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addAccount, deliver, eventOf, post, type Signing, signatureOf } from './delivering.ts'

const env = {
  HOOK: 'whsec_7Hq2ZkPw9XvLmT4cRb8N',
  HOOK_GLOBEX: 'whsec_uQ0iVr4MhEx7DzSg2LpA',
  HOOK_TEMPLATE: 'whsec_changeme',
  HOOK_EMPTY: '',
}
const secret = env.HOOK

let server: Server
beforeAll(async () => {
  server = await startServer(env)
  const { acme, globex } = server.place.tenants
  const account = 'acct_acme'
  await addAccount(server, acme, { key: 'acme', account, secrets: ['env:HOOK'] })
  await addAccount(server, acme, { key: 'acme-live', account, livemode: true, secrets: ['env:HOOK'] })
  await addAccount(server, acme, { key: 'off', secrets: ['env:HOOK'], active: false })
  await addAccount(server, globex, { key: 'globex', account: 'acct_globex', secrets: ['env:HOOK_GLOBEX'] })
  await addAccount(server, globex, { key: 'nameless', secrets: ['env:HOOK'] })
  for (const name of ['TEMPLATE', 'EMPTY', 'MISSING']) {
    await addAccount(server, globex, { key: name.toLowerCase(), secrets: [`env:HOOK_${name}`] })
  }
})
afterAll(() => server?.stop())

// Whatever a test here sends is refused: nothing of it may ever be there.
afterEach(async () => {
  const { sql } = server.place.database
  expect(await sql`select event_id from vouchsafe.stripe_events`).toEqual([])
  expect(await sql`select object from vouchsafe.stripe_marks`).toEqual([])
})

const anEvent = (fields: object = {}) =>
  eventOf('customer.subscription.updated', { id: 'sub_1', object: 'subscription', customer: 'cus_1' }, fields)
const thinEvent = (context: string) => ({
  id: 'evt_thin',
  object: 'v2.core.event',
  type: 'v1.customer.subscription.updated',
  created: '2026-11-01T10:00:00.000Z',
  livemode: false,
  context,
  related_object: { id: 'sub_1', type: 'subscription', url: '/v1/subscriptions/sub_1' },
})
const refusals = async (cause: string): Promise<number> => {
  const text = await (await fetch(`http://${server.ops}/metrics`)).text()
  return Number(new RegExp(`stripe_refused_total\\{cause="${cause}"\\} (\\d+)`).exec(text)?.[1] ?? 0)
}
/** Sends what is refused with this status, and counted under this cause. */
async function refused(status: number, cause: string, send: () => Promise<{ status: number; body: object }>) {
  const before = await refusals(cause)
  const reply = await send()
  expect(reply.status).toBe(status)
  expect(reply.body).toMatchObject({ code: expect.any(String), message: expect.any(String) })
  expect(await refusals(cause)).toBe(before + 1)
}

const minute = 60_000

test.each<[string, string, Partial<Signing>]>([
  ['another secret', 'signature', { secret: env.HOOK_GLOBEX }],
  ['a scheme that proves nothing', 'signature', { scheme: 'v0' }],
  ['a signature of six minutes ago', 'timestamp', { at: Date.now() - 6 * minute }],
  ['a signature in six minutes', 'timestamp', { at: Date.now() + 6 * minute }],
  ['a signature of 1970', 'timestamp', { at: 1000 }],
])('V66 S002-34 %s: %s', async (_name, cause, signing) => {
  await refused(400, cause, () => deliver(server, 'acme', anEvent(), { secret, ...signing }))
})

test.each<[string, string, (payload: string, header: string) => string]>([
  ['no signature at all', 'signature_header', () => ''],
  ['only a timestamp', 'signature', (_, header) => header.replace(/,v1=.*/, '')],
  ['no timestamp', 'signature_header', (_, header) => header.replace(/t=\d+,/, '')],
  ['two timestamps', 'signature_header', (_, header) => `t=${Math.floor(Date.now() / 1000)},${header}`],
  ['a timestamp that is none', 'signature_header', (_, header) => header.replace(/t=\d+/, 't=now')],
  ['a timestamp with something behind', 'signature_header', (_, header) => header.replace(/t=\d+/, '$&x')],
  ['a signature cut short', 'signature', (_, header) => header.slice(0, -1)],
  ['an empty signature', 'signature_header', (_, header) => header.replace(/v1=.*/, 'v1=')],
  ['a signature of another body', 'signature', (payload) => signatureOf(`${payload} `, { secret })],
  ['junk', 'signature_header', () => 'junk'],
])('V66 %s: %s', async (_name, cause, altered) => {
  const payload = JSON.stringify(anEvent())
  const header = altered(payload, signatureOf(payload, { secret }))
  const headers: Record<string, string> = header === '' ? {} : { 'stripe-signature': header }
  await refused(400, cause, () => post(server, '/webhooks/stripe/acme', payload, headers))
})

test('V66 V47 two signature headers are two claims', async () => {
  const payload = JSON.stringify(anEvent())
  const header = `stripe-signature: ${signatureOf(payload, { secret })}\r\n`
  const request = (headers: string) =>
    `POST /webhooks/stripe/acme HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}content-length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`
  expect(await raw(request(header + header))).toMatch(/^HTTP\/1\.1 400/)
})

test('V66 a body that was parsed and written again on its way is not the one that was signed', async () => {
  const payload = JSON.stringify(anEvent(), null, 2)
  const header = { 'stripe-signature': signatureOf(payload, { secret }) }
  const written = JSON.stringify(JSON.parse(payload))
  await refused(400, 'signature', () => post(server, '/webhooks/stripe/acme', written, header))
})

test('V66 bytes that only read as what was signed are not it', async () => {
  const payload = JSON.stringify(anEvent({ note: 'a\uFFFDb' }))
  const header = { 'stripe-signature': signatureOf(payload, { secret }) }
  const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(payload)])
  await refused(400, 'signature', () => post(server, '/webhooks/stripe/acme', marked, header))
  // Each of these is read as the replacement character by a lenient reader.
  const at = Buffer.from(payload).indexOf('\uFFFD')
  const bytes = Buffer.from(payload)
  const invalid = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)])
  await refused(400, 'body', () => post(server, '/webhooks/stripe/acme', invalid, header))
})

test.each([
  ['nothing', ''],
  ['no JSON', '{"id": "evt_1", '],
  ['no object', '[]'],
  ['null', 'null'],
  ['a number', '1'],
  ['an object that is no event', JSON.stringify({ ...anEvent(), object: 'customer' })],
  ['no id', JSON.stringify({ ...anEvent(), id: undefined })],
  ['an id that is no text', JSON.stringify({ ...anEvent(), id: { id: 'evt_1' } })],
  ['an id beyond the column', JSON.stringify({ ...anEvent(), id: `evt_${'x'.repeat(300)}` })],
  ['an id that a database cannot hold', JSON.stringify({ ...anEvent(), id: 'evt_\u0000' })],
  ['no type', JSON.stringify({ ...anEvent(), type: null })],
  ['no time', JSON.stringify({ ...anEvent(), created: 'today' })],
  ['a time that no database holds', JSON.stringify({ ...anEvent(), created: 1e15 })],
  ['no mode', JSON.stringify({ ...anEvent(), livemode: 'false' })],
  [
    'what it has from a prototype',
    '{"__proto__": {"id": "evt_1", "type": "a.b", "created": 1, "livemode": false}}',
  ],
  ['an id said twice', `{"id": "evt_0", ${JSON.stringify(anEvent()).slice(1)}`],
  ['an id said twice, spelled otherwise', `{"\\u0069d": "evt_0", ${JSON.stringify(anEvent()).slice(1)}`],
  ['V55 a depth bomb', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['a thin event without an id', JSON.stringify({ object: 'v2.core.event', type: 'v2.a', livemode: false })],
])('a signed body that is no event: %s', async (_name, payload) => {
  const headers = { 'stripe-signature': signatureOf(payload, { secret }) }
  await refused(400, 'body', () => post(server, '/webhooks/stripe/acme', payload, headers))
})

test('V66 S001-49 an event of the other mode gives nothing, however well it is signed', async () => {
  const event = anEvent({ livemode: true })
  await refused(400, 'livemode', () => deliver(server, 'acme', event, { secret }))
  await refused(400, 'livemode', () => deliver(server, 'acme-live', anEvent(), { secret }))
})

test.each([
  ['another than the endpoint’s', 'acme', anEvent({ account: 'acct_connected' })],
  ['one, where it is not known whose the endpoint is', 'nameless', anEvent({ account: 'acct_connected' })],
  ['one in a thin event', 'nameless', thinEvent('acct_connected')],
  ['one of an organization’s in a thin event', 'acme', thinEvent('org_1/acct_connected')],
  ['an organization and no account', 'acme', thinEvent('org_1')],
])('V66 an event gives nothing that names an account: %s', async (_name, endpoint, event) => {
  await refused(400, 'account', () => deliver(server, endpoint, event, { secret }))
})

test('an event for one tenant is none for another', async () => {
  const { status } = await deliver(server, 'globex', anEvent(), { secret })
  expect(status).toBe(400)
})

test.each(['template', 'empty', 'missing'])(
  'S001-49 with a secret that is %s nothing is taken',
  async (endpoint) => {
    for (const secret of [env.HOOK_TEMPLATE, env.HOOK]) {
      await refused(503, 'no_secret', () => deliver(server, endpoint, anEvent(), { secret }))
    }
  },
)

test.each(['nobody', 'off', '..%2Facme', 'ACME', '__proto__', 'x'.repeat(400)])(
  'there is no endpoint %s',
  async (endpoint) => {
    await refused(404, 'no_endpoint', () => deliver(server, endpoint, anEvent(), { secret }))
  },
)

test('without a method of its own the path is not there', async () => {
  expect((await fetch(`http://${server.http}/webhooks/stripe/acme`)).status).toBe(404)
})

test('F36 a body of 10 MB is refused before it has come', async () => {
  const signed = `stripe-signature: ${signatureOf('{}', { secret })}\r\ncontent-type: application/json\r\n`
  const head = `POST /webhooks/stripe/acme HTTP/1.1\r\nhost: x\r\n${signed}`
  const announced = await raw(`${head}content-length: 10485760\r\n\r\n{"a":`)
  expect(announced).toMatch(/^HTTP\/1\.1 413 /)
  expect(announced).toContain('1048576')
  const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  expect(await raw(`${head}transfer-encoding: chunked\r\n\r\n${piece.repeat(17)}`)).toMatch(
    /^HTTP\/1\.1 413 /,
  )
})

/** What the server says to these bytes, whether or not more was promised. */
function raw(bytes: string): Promise<string> {
  const [host = '', port] = server.http.split(':')
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(Number(port), host, () => socket.write(bytes))
    const done = () => {
      socket.destroy()
      resolve(said)
    }
    socket.on('data', (piece) => {
      said += piece.toString()
      if (said.includes('\r\n\r\n') && said.endsWith('}')) done()
    })
    socket.on('error', done)
    socket.on('close', done)
  })
}
