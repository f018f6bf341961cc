import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { reservedHeaders } from '#core/identity-headers.ts'
import type { Json, JsonObject } from '#core/json.ts'
import { hostilePaths, obliginglyRead } from './hostile-paths.ts'
import { apisix, kong, loopback, opaDoor, token } from './opa-door.ts'

const door = await opaDoor({ upgradeUrl: 'https://shop.example/?e={entitlement}' })
afterAll(() => door[Symbol.asyncDispose]())
const bearer = `Bearer ${await token()}`
const stranger = `Bearer ${await token('bob')}`
const plugins = [
  ['Kong', kong],
  ['APISIX', apisix],
] as const

/** What the plugins demand of an answer, as their sources read it; else they answer with an error of their own. */
function understood({ status, result }: Awaited<ReturnType<typeof door.gateway>>) {
  expect(status).toBe(200)
  expect(typeof result.allow).toBe('boolean')
  for (const [name, value] of Object.entries(result.headers)) {
    expect(name).toMatch(/^[a-z-]+$/)
    expect(value).toMatch(/^[\x20-\x7e]*$/)
  }
  if (result.allow) return result
  expect(result.status_code).toBe(result.status)
  expect(Number(result.status)).toBeGreaterThanOrEqual(400)
  expect(JSON.parse(String(result.reason))).toEqual(result.message)
  expect(String(result.reason).length).toBeLessThanOrEqual(4096)
  return result
}

describe.each(plugins)('%s', (_name, shape) => {
  const ask = async (path: string, headers: Record<string, Json> = {}, more: Record<string, Json> = {}) =>
    understood(await door.gateway(shape(path, headers, more)))

  test('M-8 S000-12 S000-13 its own request shape is answered so that it lets the bearer of the right through', async () => {
    const { allow, headers } = await ask('/docs/a', { authorization: bearer })
    expect(allow).toBe(true)
    expect(headers).toMatchObject({
      'x-vouchsafe-subject': expect.stringMatching(/^sub_/),
      'x-vouchsafe-entitlements': 'docs',
      'x-vouchsafe-reason': 'GRANTED',
    })
  })

  test('V41 every reserved header is there, also where nothing is known, so that a plugin overwrites it', async () => {
    for (const path of ['/docs/a', '/open']) {
      const { headers } = await ask(path, path === '/open' ? {} : { authorization: bearer })
      expect(Object.keys(headers).sort()).toEqual([...reservedHeaders].sort())
    }
    expect((await ask('/open')).headers['x-vouchsafe-subject']).toBe('')
  })

  test('S000-14 S001-20 a denial has the status, the body and the headers that the client gets', async () => {
    expect(await ask('/docs/a', { authorization: stranger })).toMatchObject({
      allow: false,
      status: 403,
      message: {
        code: 'NO_GRANT',
        requiredEntitlement: 'docs',
        upgradeUrl: 'https://shop.example/?e=docs',
        decision_id: expect.any(String),
      },
      headers: { 'content-type': 'application/json', 'x-vouchsafe-decision-id': expect.any(String) },
    })
    expect(await ask('/docs/a')).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(await ask('/docs/a', { authorization: 'Bearer a.b.c' })).toMatchObject({ status: 401 })
  })

  test('what is hidden is not told of', async () => {
    const { status, message, context } = await ask('/paid', { authorization: stranger })
    expect({ status, message }).toEqual({ status: 404, message: { error: 'Not found.' } })
    expect(Object.keys(context as object).sort()).toEqual(['bundle_revision', 'decision_id', 'revision'])
  })

  test('whoever asks is told why, and of which data, whatever was answered', async () => {
    const ids = { decision_id: expect.any(String), revision: expect.any(String) }
    const granted = await ask('/docs/a', { authorization: bearer })
    expect(granted.context).toMatchObject({ ...ids, reason: 'GRANTED', reasons: [{ code: 'GRANTED' }] })
    const denied = await ask('/docs/a', { authorization: stranger })
    expect(denied.context).toEqual({
      ...ids,
      bundle_revision: expect.any(String),
      reason: 'NO_GRANT',
      reasons: [{ code: 'NO_GRANT' }],
    })
    expect((await ask('/docs//a')).context).toMatchObject({ reason: 'PATH_REFUSED' })
    expect((await ask('/open', { x_vouchsafe_tier: 'a' })).context).toEqual({
      decision_id: expect.any(String),
      reason: 'HEADER_REFUSED',
      reasons: [{ code: 'HEADER_REFUSED' }],
    })
  })

  test('S003-35 what no route covers is denied', async () => {
    expect(await ask('/nowhere', { authorization: bearer })).toMatchObject({
      status: 403,
      message: { code: 'ROUTE_UNKNOWN' },
    })
    expect(await ask('/docs/a', { authorization: bearer }, { method: 'POST' })).toMatchObject({
      allow: false,
    })
  })

  test.each([
    ['a reserved header', { 'x-vouchsafe-subject': 'sub_eve' }, 'HEADER_REFUSED'],
    ['an alias of one', { X_Vouchsafe_Subject: 'sub_eve' }, 'HEADER_REFUSED'],
    ['Connection that names one', { connection: 'close, X-Vouchsafe-Tier' }, 'HEADER_REFUSED'],
    ['two tokens', { authorization: [bearer, stranger] }, 'TOKEN_REFUSED'],
    ['two spellings of the header', { authorization: bearer, Authorization: stranger }, 'TOKEN_REFUSED'],
    ['two tokens in one', { authorization: `${bearer}, ${stranger}` }, 'TOKEN_REFUSED'],
    ['a line break', { 'x-a': 'b\r\nx-vouchsafe-tier: pro' }, 'HEADER_REFUSED'],
    ['a header of another kind', { 'x-a': { b: 'c' } }, 'HEADER_REFUSED'],
  ])('V41 V43 V47 V69 %s is refused', async (_case, headers, code) => {
    const result = await ask('/docs/a', { authorization: bearer, ...(headers as Record<string, Json>) })
    expect(result).toMatchObject({ allow: false, message: { code } })
  })

  test('V41 as many headers as the plugin gives at most may hide one, and are refused', async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-filler-${n}`, '1']))
    expect(await ask('/open', many(97))).toMatchObject({ allow: true })
    expect(await ask('/open', many(98))).toMatchObject({ allow: false, status: 400 })
  })

  test('V42 no other header and nothing beside the request counts', async () => {
    // But for the ids of the decision, which stand in all of these.
    const alike = ({ context, ...said }: Awaited<ReturnType<typeof ask>>) => ({
      ...said,
      ...{ headers: {}, message: {}, reason: '' },
      context: { ...(context as JsonObject), decision_id: '' },
    })
    const plain = alike(await ask('/docs/a', { authorization: stranger }))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'x-forwarded-for',
          'x-forwarded-uri',
          'x-original-url',
          'x-user',
          'user-agent',
          'cookie',
        ),
        fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
        async (name, value) => {
          const result = await ask('/docs/a', { authorization: stranger, [name]: value })
          expect(alike(result)).toEqual(plain)
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each(hostilePaths('/docs/a'))(
    'V26 V49 %j opens nothing that its plainest reading does not',
    async (path) => {
      const anonymous = await ask(path)
      expect(anonymous.allow && obliginglyRead(path) !== '/open').toBe(false)
      const known = await ask(path, { authorization: bearer })
      if (known.allow) expect(['/open', '/docs/a']).toContain(obliginglyRead(path))
    },
  )
})

test('V39 Kong gives its path without a query: one in it is refused, not cut off', async () => {
  expect(understood(await door.gateway(kong('/open?/docs/a')))).toMatchObject({
    allow: false,
    message: { code: 'PATH_REFUSED' },
  })
})

test('APISIX gives its path decoded: no separator that was escaped is one for us', async () => {
  const headers = { authorization: bearer }
  for (const path of [
    '/docs/a%2fb',
    '/docs/a\\b',
    '/docs/a?b',
    '/docs/a#b',
    '/docs/a;b',
    '/docs/a／b',
    '/docs/\u0000',
  ]) {
    expect(understood(await door.gateway(apisix(path, headers)))).toMatchObject({
      allow: false,
      message: { code: 'PATH_REFUSED' },
    })
  }
  expect(understood(await door.gateway(apisix('/docs/grün weiß', headers)))).toMatchObject({ allow: true })
})

describe('what is no request of a gateway is denied, not failed', () => {
  test.each([
    ['no input', undefined],
    ['null', null],
    ['a text', 'GET /open'],
    ['a list', []],
    ['an empty object', {}],
    ['another type of APISIX', { ...apisix('/open'), type: 'stream' }],
    ['no path', kong('/open', {}, { path: null })],
    ['a number for a method', kong('/open', {}, { method: 1 })],
    ['no headers', kong('/open', {}, { headers: null })],
    ['a lone surrogate', apisix('/open/\ud800')],
  ])('V48 %s', async (_case, input) => {
    expect(understood(await door.gateway(input))).toMatchObject({ allow: false, status: 400 })
  })

  test('V48 a body that holds no UTF-8, as a header of a client may make it', async () => {
    const text = JSON.stringify({ input: kong('/open', { 'x-a': 'MARK' }) })
    const body = Buffer.from(text.replace('MARK', '\xff'), 'latin1')
    const reply = await door.send('/v1/data/vouchsafe/gateway', { body })
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({ result: { allow: false, status: 400 } })
  })

  test('the boolean alone is at its own path', async () => {
    const ask = async (path: string) => {
      const reply = await door.send('/v1/data/vouchsafe/gateway/allow', { body: { input: kong(path) } })
      return ((await reply.json()) as { result: boolean }).result
    }
    expect([await ask('/open'), await ask('/docs/a')]).toEqual([true, false])
  })
})

describe('whose plugin it is', () => {
  const send = (at: typeof door, headers: Record<string, string>) =>
    at.send('/v1/data/vouchsafe/gateway', { body: { input: kong('/open') }, headers })
  const allow = async (reply: Response) =>
    ((await reply.json()) as { result: { allow: boolean } }).result.allow

  test('no credential, or a wrong one, is denied also for what is public', async () => {
    expect(await allow(await send(door, { authorization: '' }))).toBe(false)
    expect(await allow(await send(door, { authorization: 'Bearer vch_junk' }))).toBe(false)
    expect(await allow(await send(door, { authorization: '', 'x-internal-token': door.key }))).toBe(true)
  })

  test('V38 a listed proxy that can send no credential is the caller that the setting names', async () => {
    await using listed = await opaDoor({ trustedProxies: loopback })
    expect(await allow(await send(listed, { authorization: '' }))).toBe(false)
    const opaGatewayKey = listed.keyFor(['gateway'])
    const settings = { authenticate: listed.needs.authenticate, opaGatewayKey }
    await using bound = await opaDoor({ ...settings, trustedProxies: loopback })
    expect(await allow(await send(bound, { authorization: '' }))).toBe(true)
    // What was sent counts alone.
    expect(await allow(await send(bound, { authorization: 'Bearer vch_junk' }))).toBe(false)
    await using unlisted = await opaDoor({ ...settings })
    expect(await allow(await send(unlisted, { authorization: '' }))).toBe(false)
    await using elsewhere = await opaDoor({ ...settings, trustedProxies: [] })
    expect(await allow(await send(elsewhere, { authorization: '' }))).toBe(false)
    // And only there: other documents are for callers that say who they are.
    const body = { input: { subject: 'sub_x', entitlement: 'docs' } }
    const reply = await bound.send('/v1/data/vouchsafe/check', { body, headers: { authorization: '' } })
    expect(reply.status).toBe(401)
  })

  test('what was refused is in the security log, without any token', async () => {
    await door.gateway(kong('/docs/a', { authorization: bearer, 'x-vouchsafe-tier': 'pro' }))
    const last = door.refused.at(-1)
    expect(last).toMatchObject({ reason: 'HEADER_REFUSED', door: 'opa' })
    expect(JSON.stringify(last)).not.toContain(bearer.slice(10))
  })
})
