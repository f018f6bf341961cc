import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { dataPath } from '#http/opa/data-path.ts'
import { alice, opaDoor, token } from './opa-door.ts'

const door = await opaDoor()
afterAll(() => door[Symbol.asyncDispose]())
const check = '/v1/data/vouchsafe/check'
const bearer = await token()
const input = { subject: `sub_${alice}`, entitlement: 'docs' }

async function json(reply: Response): Promise<Record<string, never>> {
  return (await reply.json()) as Record<string, never>
}

describe('documents', () => {
  test('M-8 a question is answered as the document that a client of OPA reads', async () => {
    const reply = await door.send(check, { body: { input } })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await json(reply)).toEqual({
      decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      result: expect.objectContaining({
        allow: true,
        reasons: [expect.objectContaining({ code: 'GRANTED' })],
        data_revision: expect.any(String),
        bundle_revision: expect.any(String),
      }),
    })
  })

  test.each([
    ['its id', { subject: `sub_${alice}` }],
    ['a principal', { principal: { id: `sub_${alice}` } }],
    ['a token', { token: bearer }],
  ])('whom it is about may be said by %s', async (_case, who) => {
    const body = { input: { ...who, entitlement: 'docs', context: { attributes: { plan: 'x' } } } }
    expect(await json(await door.send(check, { body }))).toMatchObject({ result: { allow: true } })
  })

  test('S000-14 a denial is a result, with allow and its reasons', async () => {
    const body = { input: { ...input, entitlement: 'paid' } }
    expect(await json(await door.send(check, { body }))).toMatchObject({
      result: { allow: false, reasons: [{ code: 'NO_GRANT' }], deny_as: 404 },
    })
  })

  test('a member of a document is asked for by its path', async () => {
    const ask = async (path: string) => json(await door.send(`${check}${path}`, { body: { input } }))
    expect(await ask('/allow')).toMatchObject({ result: true })
    expect(await ask('/reasons/0/code')).toMatchObject({ result: 'GRANTED' })
  })

  test.each([
    '/v1/data',
    '/v1/data/',
    '/v1/data/vouchsafe',
    '/v1/data/other/policy',
    `${check}/nothing`,
    `${check}/`,
    `${check}/allow/`,
    `${check}/allow/more`,
    `${check}/reasons/length`,
    `${check}/constructor`,
    `${check}/__proto__`,
    `${check}/toString`,
    '/v1/data/vouchsafe%2Fcheck',
    '/v1/data/vouchsafe/check%2Fallow',
    '/v1/data/vouchsafe//check',
    '/v1/data/vouchsafe/checks',
    '/v1/data/Vouchsafe/check',
    '/v1/data/vouchsafe/check"]%20with%20input%20as%20{}',
  ])('V2 %s is undefined: no result, and no error', async (path) => {
    const reply = await door.send(path, { body: { input } })
    expect(reply.status).toBe(200)
    expect(await json(reply)).not.toHaveProperty('result')
  })

  test('V2 hostile paths are only looked up', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.constantFrom('data', '..', 'x[0]'))
    fc.assert(
      fc.property(text, (path) => {
        expect(dataPath(path)?.document ?? 'vouchsafe/check').toMatch(/^vouchsafe\/(check|gateway)$/)
        if (!/^vouchsafe\/(check|gateway)(\/|$)/.test(path)) expect(dataPath(path)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('without an input the document is undefined, and a warning says so', async () => {
    for (const body of [undefined, {}, { subject: 'x' }]) {
      const reply = await door.send(check, body === undefined ? {} : { body })
      expect(reply.status).toBe(200)
      expect(await json(reply)).toEqual({
        warning: { code: 'api_usage_warning', message: "'input' key missing from the request" },
      })
    }
  })

  test('GET takes the input in the query', async () => {
    const query = new URLSearchParams({ input: JSON.stringify(input) })
    expect(await json(await door.send(`${check}?${query}`, { method: 'GET' }))).toMatchObject({
      result: { allow: true },
    })
    const reply = await door.send(`${check}?input=%7B`, { method: 'GET' })
    expect(reply.status).toBe(400)
  })

  test('v0 takes the input itself and answers with the result itself; so does the default decision', async () => {
    expect(await (await door.send('/v0/data/vouchsafe/check/allow', { body: input })).json()).toBe(true)
    expect(await json(await door.send('/', { body: input }))).toMatchObject({ allow: true })
    const reply = await door.send('/v0/data/nothing/here', { body: input })
    expect(reply.status).toBe(404)
    expect(await json(reply)).toEqual({
      code: 'undefined_document',
      message: 'document missing: data.nothing.here',
    })
  })

  test('pretty, provenance, metrics and explain are given where they are asked for', async () => {
    const reply = await door.send(`${check}?pretty&provenance=true&metrics&instrument&explain=full`, {
      body: { input },
    })
    const text = await reply.text()
    expect(text).toContain('\n  "result"')
    expect(JSON.parse(text)).toMatchObject({
      provenance: { version: '1.2.3', bundles: { vouchsafe: { revision: expect.any(String) } } },
      metrics: {
        timer_rego_input_parse_ns: expect.any(Number),
        timer_rego_query_eval_ns: expect.any(Number),
        timer_server_handler_ns: expect.any(Number),
      },
      explanation: expect.arrayContaining([expect.stringContaining('grant')]),
    })
    const bare = await json(await door.send(`${check}?pretty=false&explain=off`, { body: { input } }))
    expect(Object.keys(bare).sort()).toEqual(['decision_id', 'result'])
  })
})

describe('refusals', () => {
  test.each([
    ['junk', '{"input":'],
    ['a list', '[1]'],
    ['invalid UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['an input that is no object', { input: [1] }],
    ['two subjects', { input: { ...input, token: 'x' } }],
    ['nobody', { input: { entitlement: 'docs' } }],
    ['a field that could have narrowed it', { input: { ...input, resouce: { kind: 'product', id: 'x' } } }],
    ['an entitlement that is none', { input: { ...input, entitlement: 'No Such!' } }],
    ['a number for a text', { input: { ...input, entitlement: 7 } }],
  ])('%s is 400 in the form of OPA', async (_case, body) => {
    const reply = await door.send(check, { body })
    expect(reply.status).toBe(400)
    expect(await json(reply)).toMatchObject({
      code: 'invalid_parameter',
      message: expect.any(String),
      errors: [{ code: 'INVALID_FIELD' }],
    })
  })

  test.each([38, 1000, 100_000])(
    'V55 an input nested %i deep is refused before it is parsed',
    async (depth) => {
      const reply = await door.send(check, {
        body: `{"input":${'['.repeat(depth)}${']'.repeat(depth)}}`,
      })
      expect(reply.status).toBe(400)
      const { errors } = await json(reply)
      expect(JSON.stringify(errors)).toContain('nesting')
    },
  )

  test('no credential is 401, and nothing of the body is read', async () => {
    for (const path of [check, '/v1/data/other', '/v0/data/vouchsafe/check', '/']) {
      const reply = await door.send(path, { body: '{', headers: { authorization: '' } })
      expect(reply.status).toBe(401)
      expect(await json(reply)).toMatchObject({ code: 'unauthorized', message: expect.any(String) })
    }
  })

  test('a token that is not believed is 401', async () => {
    const reply = await door.send(check, { body: { input: { token: 'a.b.c', entitlement: 'docs' } } })
    expect(reply.status).toBe(401)
    expect(await json(reply)).toMatchObject({ code: 'unauthorized', errors: [{ code: 'TOKEN_REFUSED' }] })
  })

  test('a body over the limit is 413 in the form of OPA', async () => {
    const reply = await door.send(check, { body: `{"input":"${'x'.repeat(256 * 1024)}"}` })
    expect(reply.status).toBe(413)
    expect(await json(reply)).toMatchObject({ code: 'invalid_parameter' })
  })

  test.each([
    ['PUT', '/v1/data/vouchsafe'],
    ['PATCH', '/v1/data/vouchsafe/check'],
    ['DELETE', '/v1/data'],
    ['PUT', '/v1/policies/mine'],
    ['DELETE', '/v1/policies/mine'],
    ['GET', '/v1/policies'],
    ['POST', '/v1/query'],
    ['POST', '/v1/compile'],
  ])('%s %s is refused in the form of OPA', async (method, path) => {
    const reply = await door.send(path, { method, ...(method !== 'GET' && { body: 'package mine' }) })
    expect(reply.status).toBe(400)
    expect(await json(reply)).toEqual({ code: 'invalid_operation', message: expect.any(String) })
  })
})

describe('compression', () => {
  const gzip = { 'content-encoding': 'gzip' }
  const padded = (pad: string) => JSON.stringify({ input, pad })

  test('a body may come compressed, and a large answer goes so', async () => {
    const body = gzipSync(JSON.stringify({ input }))
    const reply = await door.send(`${check}?explain=full&pretty&metrics&provenance`, {
      body,
      headers: { ...gzip, 'accept-encoding': 'gzip' },
    })
    expect(reply.headers.get('content-encoding')).toBe('gzip')
    expect(await json(reply)).toMatchObject({ result: { allow: true } })
    const refused = await door.send(`${check}?explain=full&pretty&metrics&provenance`, {
      body: { input },
      headers: { 'accept-encoding': 'gzip;q=0' },
    })
    expect(refused.headers.get('content-encoding')).toBeNull()
  })

  test.each([
    ['beyond the limit', gzipSync(padded(randomBytes(160 * 1024).toString('hex')))],
    ['beyond the ratio', gzipSync(padded(' '.repeat(200 * 1024)))],
    ['to a bomb', gzipSync(padded(' '.repeat(64 * 1024 * 1024)))],
    ['from what is no gzip', Buffer.from('{"input":{}}')],
    ['into nothing whole', gzipSync(JSON.stringify({ input })).subarray(0, 30)],
  ])('V52 V59 what inflates %s is refused', async (_case, body) => {
    const reply = await door.send(check, { body, headers: gzip })
    expect([400, 413]).toContain(reply.status)
    expect(await json(reply)).toMatchObject({ code: 'invalid_parameter' })
  })

  test('another encoding is refused', async () => {
    expect((await door.send(check, { body: 'x', headers: { 'content-encoding': 'br' } })).status).toBe(400)
  })
})

describe('state', () => {
  test('S001-38 health is 200 while it can answer, whatever is asked of plugins, and tells nobody more', async () => {
    for (const path of ['/health', '/health?bundles&plugins&exclude-plugin=status']) {
      const reply = await fetch(door.base + path)
      expect(reply.status).toBe(200)
      expect(await reply.json()).toEqual({ state: 'serving', stale: false })
    }
    expect((await fetch(`${door.base}/health/live`)).status).toBe(200)
    expect((await fetch(`${door.base}/health/ready`)).status).toBe(200)
  })

  test('health is 500 where nothing can be answered, and old data is told in the body', async () => {
    let missing: readonly string[] = []
    const readiness = () => ({ ready: missing.length === 0, state: 'serving' as const, missing })
    await using other = await opaDoor({ health: { readiness, stale: () => true } })
    expect(await (await fetch(`${other.base}/health`)).json()).toMatchObject({ stale: true })
    missing = ['bundle']
    const reply = await fetch(`${other.base}/health`)
    expect(reply.status).toBe(500)
    expect(await reply.json()).toEqual({ error: 'not usable yet: bundle' })
  })

  test('status and config are for callers, and hold no setting', async () => {
    for (const path of ['/v1/status', '/v1/config']) {
      expect((await fetch(door.base + path)).status).toBe(401)
    }
    expect(await json(await door.send('/v1/status', { method: 'GET' }))).toMatchObject({
      result: { bundles: { vouchsafe: { active_revision: 'b-in-force' } }, labels: { version: '1.2.3' } },
    })
    expect(await json(await door.send('/v1/config', { method: 'GET' }))).toEqual({
      result: { labels: { id: 'vouchsafe', version: '1.2.3' }, default_decision: '/vouchsafe/check' },
    })
  })
})
