import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createPageTokens } from '#admin/page-tokens.ts'
import { createSearchPages } from '#rpc/search-pages.ts'
import { exchange, forwardAuthDoor } from './forward-auth/door.ts'

const unasked = () => Promise.reject(new Error('Nothing is searched here.'))
const pages = createSearchPages({ tokens: createPageTokens('s'), newId: () => 'id', now: Date.now })
const door = await forwardAuthDoor({
  authzen: {
    publicUrl: 'https://pdp.example',
    which: unasked,
    whoMay: unasked,
    people: () => undefined,
    pages,
  },
})
afterAll(() => door[Symbol.asyncDispose]())

const target = '/docs/a'
/** All that a proxy says of a request that nobody may make without a token. */
const proxied = [
  ...['method: GET', 'proto: https', 'host: app.example', `uri: ${target}`].map(
    (each) => `x-forwarded-${each}`,
  ),
  ...['method: GET', 'host: app.example', `uri: ${target}`].map((each) => `x-original-${each}`),
]
const names = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('authorization', 'x-request-id', 'traceparent', 'cookie', 'accept'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...['x-forwarded-uri', 'x-forwarded-host', 'x-original-uri', 'x-vouchsafe-tenant', 'x-internal-token'],
      ...['content-type', 'content-encoding', 'accept-encoding', 'x-envoy-auth-partial-body', 'connection'],
      ...['X_Vouchsafe.Tier', 'trailer', 'te', 'upgrade', '__proto__', 'constructor', 'x-forwarded-for'],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('host', 'expect', 'content-length', 'transfer-encoding', 'a b', ''),
  },
)
const values = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...[
        '',
        ',',
        'GET',
        'get',
        'https',
        'app.example',
        'app.example..',
        '[::1',
        '/open',
        target,
        '//open',
        '-1',
      ],
      ...[
        '/open/../docs',
        '/%zz',
        '/%ff',
        '/%00',
        '/open#',
        '/open?',
        'http://app.example/open',
        'Bearer a.b.c',
      ],
      ...['Bearer ', 'Bearer a, Bearer b', 'x-vouchsafe-subject', 'gzip', 'gzip;q=', 'chunked', '1e9', ';;'],
      ...['00-0-0-0', 'NaN', '__proto__', '\xff\xfe', 'acme', 'globex', 'true', 'x'.repeat(5000)],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('\x7f', '\0', 'a\rb', 'a\nb', 'x'.repeat(17_000)) },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 12 }) },
)
const headers = fc.array(fc.tuple(names, values), { maxLength: 5 })
const places = fc.constantFrom(
  ...['nginx', 'haproxy', 'caddy', 'traefik', 'envoy/docs/a'].map((each) => `/forward-auth/${each}`),
  ...['evaluation', 'evaluations', 'search/subject', 'search/action'].map((each) => `/access/v1/${each}`),
  ...['/acme/access/v1/evaluation', '/.well-known/authzen-configuration', '/v1/data/vouchsafe/check'],
  ...['/v1/data/vouchsafe/gateway', '/v0/data/vouchsafe/gateway', '/v1/data', '/', '/v1/status'],
)
const tails = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '?',
      '?input=%7B',
      '?input=%zz',
      '?tenant=acme',
      '?tenant=a&tenant=b',
      '?x=/open',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('/', '//', '/../', '%2f', '%zz', '#', ';x') },
)
const methods = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('POST', 'GET') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PROPFIND', 'get', 'FOO'),
  },
)
const bodies = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '1',
    '"a"',
    '{"input":null}',
    '{"input":[]}',
    '{"input":{"request":{"http":null}}}',
  ),
  fc.constantFrom(
    '{"input":{"request":{"http":{"method":"GET","host":"h","path":"/open","headers":{"a":1}}}}}',
    '{"__proto__":{}}',
  ),
  fc.constantFrom(
    '{"subject":{"type":"user","id":"a"},"action":{"name":"use"},"resource":{"type":"product","id":"\\ud800"}}',
  ),
  fc.constantFrom(
    '{"evaluations":[null]}',
    '{"evaluations":{}}',
    `{"input":${'['.repeat(5000)}`,
    '\xff\xfe',
    'x'.repeat(300_000),
  ),
  fc.json({ maxDepth: 4 }),
)
const versions = fc.oneof(
  { weight: 12, arbitrary: fc.constant('HTTP/1.1') },
  { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/1.') },
)

test('M-8 whatever bytes a request is made of: an answer that is none of ours’ failures, and no way through', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ method: methods, place: places, tail: tails, version: versions, headers, body: bodies }),
      fc.boolean(),
      async ({ method, place, tail, version, headers: more, body }, known) => {
        const lengths = more.some(([name]) => /content-length|transfer-encoding/.test(name))
        const lines = [
          `${method} ${place}${tail} ${version}`,
          ...(more.some(([name]) => name === 'host') ? [] : ['host: pdp']),
          ...(known ? [`x-internal-token: ${door.key}`] : []),
          ...(place.startsWith('/forward-auth') ? proxied : []),
          ...more.map((each) => each.join(': ')),
          ...(lengths ? [] : [`content-length: ${Buffer.byteLength(body, 'latin1')}`]),
          'connection: close',
        ]
        const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
        const text = await Promise.race([
          exchange(door.server.port, bytes).catch(() => ''),
          new Promise<string>((done) => setTimeout(done, 400, 'waits for the rest').unref()),
        ])
        const status = Number(/^HTTP\/1\.1 (?:100 Continue\r\n\r\nHTTP\/1\.1 )?(\d+)/.exec(text)?.[1] ?? 0)
        expect(status, text.slice(0, 300)).toBeLessThan(500)
        if (place.startsWith('/forward-auth')) expect(status, text.slice(0, 300)).not.toBe(200)
        expect(text).not.toMatch(/"decision":true|"allow":true/)
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 200) },
  )
})
