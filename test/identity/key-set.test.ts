import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { isKeyAddress } from '#identity/key-download.ts'
import { parseKeySet } from '#identity/parse-key-set.ts'
import { issuer, makeKey, payload, rawToken, seconds, sign } from './fixtures.ts'
import { type KeyServer, startKeyServer } from './key-server.ts'
import { type Bench, bench } from './verifier-fixture.ts'

const first = makeKey('k1', 'ES256')
const second = makeKey('k2', 'ES256')
const token = await sign(first, payload({ exp: seconds + 100_000 }))
const minute = 60_000
const hour = 60 * minute
let server: KeyServer
let made: Bench

async function start(): Promise<void> {
  server = await startKeyServer([first.jwk])
  made = bench([issuer({ jwks_uri: server.url })])
}

afterEach(async () => {
  made.verifier.close()
  await server.close()
})

/** Moves the clock and lets a background download that this starts come to its end. */
async function pass(ms: number): Promise<void> {
  made.world.monotonic += ms
  const before = total()
  const fetched = made.world.fetched
  made.verifier.tick()
  if (made.world.fetched > fetched) await expect.poll(total, { interval: 2 }).toBeGreaterThan(before)
}

function total(): number {
  return ['ok', 'failed', 'junk'].reduce((sum, outcome) => sum + (made.counts[`fetch ${outcome}`] ?? 0), 0)
}

/** A token nobody has verified before, so that the keys are asked. */
function fresh(): Promise<string> {
  return sign(first, payload({ jti: String(Math.random()) }))
}

test('S000-20 keys are fetched once and found by kid', async () => {
  await start()
  expect(await made.outcome(token)).toBe('accepted')
  expect(await made.outcome(await fresh())).toBe('accepted')
  expect(server.seen.requests).toBe(1)
})

test('many first tokens at once cost one download', async () => {
  await start()
  const tokens = await Promise.all(Array.from({ length: 10 }, fresh))
  expect(new Set(await Promise.all(tokens.map((text) => made.outcome(text))))).toEqual(new Set(['accepted']))
  expect(server.seen.requests).toBe(1)
})

describe('F50 the identity provider is down', () => {
  const outages: [string, (response: ServerResponse) => void][] = [
    ['answering 503', (response) => response.writeHead(503).end('{"keys":[]}')],
    ['hanging up', (response) => response.destroy()],
    ['redirecting', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['answering 204', (response) => response.writeHead(204).end()],
  ]
  test.each(outages)('%s: known kids are believed for 6 hours, and no longer', async (_name, outage) => {
    await start()
    await made.accept(token)
    server.answer(outage)
    for (let waited = 0; waited < 6 * hour - minute; waited += 30 * minute) {
      expect(await made.outcome(await fresh())).toBe('accepted')
      await pass(30 * minute - (waited === 0 ? minute : 0))
    }
    expect(made.counts['fetch failed']).toBeGreaterThan(5)
    await pass(2 * minute)
    expect(await made.outcome(await fresh())).toBe('keys_unavailable')
    expect(await made.outcome(token)).toBe('keys_unavailable')
    server.answerKeys([first.jwk])
    made.world.monotonic += minute
    expect(await made.outcome(token)).toBe('accepted')
  })

  test('from the start: tokens are refused with that cause, at one attempt in 30 s', async () => {
    await start()
    await server.close()
    for (let count = 0; count < 50; count++)
      expect(await made.outcome(await fresh())).toBe('keys_unavailable')
    expect(made.world.fetched).toBe(1)
    made.world.monotonic += 30_000
    expect(await made.outcome(token)).toBe('keys_unavailable')
    expect(made.world.fetched).toBe(2)
    expect(made.lines.join()).toContain('could not be fetched')
  })
})

test.each(['up', 'down'])(
  'F51 a flood of unknown kids costs one download in 30 s, the provider being %s',
  async (state) => {
    await start()
    await made.accept(token)
    if (state === 'down') server.answer((response) => response.destroy())
    made.world.monotonic += 30_000
    for (let count = 0; count < 2000; count++) {
      const forged = rawToken({ alg: 'ES256', kid: `kid-${count}` }, payload(), 'AAAA')
      expect(await made.outcome(forged)).toBe('key')
    }
    expect(made.world.fetched).toBe(2)
    expect(await made.outcome(await fresh())).toBe('accepted')
  },
)

describe('F52 keys rotate', () => {
  test('a new kid is found within 30 s', async () => {
    await start()
    await made.accept(token)
    server.answerKeys([first.jwk, second.jwk])
    const rotated = await sign(second)
    expect(await made.outcome(rotated)).toBe('key')
    made.world.monotonic += 30_000
    expect(await made.outcome(rotated)).toBe('accepted')
    expect(made.verifier.verify(token)).not.toBeInstanceOf(Promise)
  })

  test('a removed kid is refused within 10 minutes, also for tokens verified before', async () => {
    await start()
    await made.accept(token)
    server.answerKeys([second.jwk])
    await pass(10 * minute)
    expect(await made.outcome(token)).toBe('key')
    expect(await made.outcome(await sign(second))).toBe('accepted')
  })

  test('another key under the same kid does not vouch for what the old one signed', async () => {
    await start()
    await made.accept(token)
    server.answerKeys([{ ...second.jwk, kid: 'k1' }])
    await pass(10 * minute)
    expect(await made.outcome(token)).toBe('signature')
  })

  test('a set nobody asked for is dropped with the tokens it vouched for', async () => {
    await start()
    await made.accept(token)
    await pass(5 * hour)
    await pass(5 * hour)
    const requests = server.seen.requests
    await pass(61 * minute)
    expect(server.seen.requests).toBe(requests)
    server.answerKeys([second.jwk])
    expect(await made.outcome(token)).toBe('key')
  })
})

describe('F53 junk in place of keys keeps the last good ones and is an alarm', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  const jwk = first.jwk
  const json = (value: unknown) => (response: ServerResponse) => response.end(JSON.stringify(value))
  const bodies: [string, (response: ServerResponse) => void][] = [
    ['HTML', (response) => response.end('<!doctype html><title>Sign in</title>')],
    ['nothing', (response) => response.end()],
    ['10 MB', (response) => response.end(JSON.stringify({ keys: [jwk], pad: 'x'.repeat(10_000_000) }))],
    ['half a document', (response) => response.end('{"keys":[')],
    ['bytes that are no text', (response) => response.end(Buffer.from([0xff, 0xfe, 0, 1]))],
    ['null', json(null)],
    ['a number', json(7)],
    ['a list', json([jwk])],
    ['no keys', json({ keys: [] })],
    ['keys that are no list', json({ keys: jwk })],
    ['keys that are null', json({ keys: [null, 1, 'x', []] })],
    ['two keys of one kid', json({ keys: [jwk, { ...second.jwk, kid: 'k1' }] })],
    ['a symmetric key', json({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'k1', alg: 'HS256' }] })],
    ['the wrong kty', json({ keys: [{ ...jwk, kty: 'RSA' }] })],
    ['an unknown curve', json({ keys: [{ ...jwk, crv: 'secp256k1', alg: undefined }] })],
    ['a point off the curve', json({ keys: [{ ...jwk, x: jwk.y, y: jwk.y }] })],
    ['an encryption key', json({ keys: [{ ...jwk, use: 'enc' }] })],
    ['a key for signing only', json({ keys: [{ ...jwk, key_ops: ['sign'] }] })],
    ['a private key', json({ keys: [{ ...jwk, d: 'AAAA' }] })],
    ['a weak RSA key', json({ keys: [{ ...rsa, kid: 'k1' }] })],
    ['a thousand keys', json({ keys: Array.from({ length: 1000 }, (_, at) => ({ ...jwk, kid: `k${at}` })) })],
    ['an inherited list', json({ __proto__: null, toString: 1 })],
  ]
  test.each(bodies)('%s', async (_name, answer) => {
    await start()
    await made.accept(token)
    server.answer(answer)
    await pass(10 * minute)
    expect(made.counts['fetch junk']).toBe(1)
    expect(made.lines.join()).toContain('unusable')
    expect(await made.outcome(await fresh())).toBe('accepted')
  })
})

test('an encryption key beside a signature key of the same kid is ignored', () => {
  const parsed = parseKeySet({ keys: [{ ...first.jwk, use: 'enc' }, first.jwk] })
  expect(parsed).toMatchObject({ ignored: 1, keys: [{ kid: 'k1', algorithms: ['ES256'] }] })
})

test('a token without a kid is matched only where one key fits', async () => {
  server = await startKeyServer([])
  const bare = await sign(first, payload(), { kid: undefined })
  made = bench([issuer({ jwks: { keys: [first.jwk, makeKey('r', 'RS256').jwk] } })])
  expect(await made.outcome(bare)).toBe('accepted')
  made.verifier.close()
  made = bench([issuer({ jwks: { keys: [first.jwk, second.jwk] } })])
  expect(await made.outcome(bare)).toBe('key')
})

test.each([
  ['https://idp.example/keys', true],
  ['http://127.0.0.1:8080/keys', true],
  ['http://127.9.9.9/keys', true],
  ['http://localhost/keys', true],
  ['http://[::1]/keys', true],
  ['http://idp.example/keys', false],
  ['http://localhost.evil.example/keys', false],
  ['http://127.0.0.1.evil.example/keys', false],
  ['http://10.0.0.1/keys', false],
  ['https://user:pass@idp.example/keys', false],
  ['file:///etc/passwd', false],
  ['data:application/json,{}', false],
  ['//idp.example/keys', false],
  ['', false],
])('V62 keys may be fetched from %j: %s', async (address, allowed) => {
  server = await startKeyServer([])
  made = bench([])
  expect(isKeyAddress(address)).toBe(allowed)
})

test('V62 a redirect is not followed, not even to good keys', async () => {
  await start()
  const elsewhere = await startKeyServer([first.jwk])
  server.answer((response) => response.writeHead(307, { location: elsewhere.url }).end())
  expect(await made.outcome(token)).toBe('keys_unavailable')
  expect(elsewhere.seen.connections).toBe(0)
  await elsewhere.close()
})

test('an address that is not allowed is never asked', async () => {
  server = await startKeyServer([])
  made = bench([issuer({ jwks_uri: 'http://idp.example/keys' })])
  expect(await made.outcome(token)).toBe('keys_unavailable')
  expect(made.world.fetched).toBe(0)
})
