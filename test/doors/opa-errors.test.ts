import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { exchange } from '#test/http/forward-auth/door.ts'
import { opaDoor } from './opa-door.ts'

const door = await opaDoor()
afterAll(() => door[Symbol.asyncDispose]())
const check = '/v1/data/vouchsafe/check'
const input = JSON.stringify({ input: { subject: 'sub_x', entitlement: 'docs' } })
const bomb = gzipSync('0'.repeat(20_000_000))

/** Byte for byte, since no client would send it. */
async function ask(first: string, headers: readonly string[] = [], body: string | Uint8Array = '') {
  const lengths = headers.some((each) => /^(content-length|transfer-encoding)/i.test(each))
  const host = headers.includes('no host') ? [] : ['host: opa']
  const lines = [
    `${first} HTTP/1.1`,
    ...host,
    `authorization: Bearer ${door.key}`,
    'connection: close',
    ...headers.filter((each) => each !== 'no host'),
    ...(lengths ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const text = await exchange(Number(new URL(door.base).port), Buffer.concat([head, Buffer.from(body)]))
  const [head_, said = ''] = text.split('\r\n\r\n', 2)
  return { status: Number(text.split(' ', 2)[1]), head: head_?.toLowerCase(), said }
}

// The statuses are those of OPA 1.22, but where it says more than it should: there a note says which.
describe('M-8 what the server refuses before any document is asked is said in the form of OPA', () => {
  test.each<[name: string, status: number, first: string, headers?: string[], body?: string | Uint8Array]>([
    ['an escape that is none', 400, 'POST /v1/data/%zz'],
    ['an escape that is no UTF-8 (OPA: 500)', 400, 'POST /v1/data/%ff'],
    ['the same of v0', 400, 'POST /v0/data/%zz'],
    ['a method that data does not take', 405, `OPTIONS ${check}`],
    ['one of WebDAV', 405, `PROPFIND ${check}`],
    ['one that Node alone knows', 405, `PURGE ${check}`],
    ['GET of v0', 405, 'GET /v0/data/vouchsafe/check'],
    ['DELETE of the status', 405, 'DELETE /v1/status'],
    ['POST of the settings', 405, 'POST /v1/config'],
    ['broken JSON', 400, `POST ${check}`, [], '{"input":'],
    ['broken JSON of v0', 400, 'POST /v0/data/vouchsafe/check', [], '{'],
    ['broken JSON of the default decision', 400, 'POST /', [], '{'],
    ['a broken gzip (OPA: none)', 400, `POST ${check}`, ['content-encoding: gzip'], 'abc'],
    [
      'a gzip that was cut',
      400,
      `POST ${check}`,
      ['content-encoding: gzip'],
      gzipSync(input).subarray(0, -6),
    ],
    ['a gzip bomb', 400, `POST ${check}`, ['content-encoding: gzip'], bomb],
    ['a body over the limit (OPA has a higher one)', 413, `POST ${check}`, [], 'x'.repeat(300_000)],
    ['an expectation', 417, `POST ${check}`, ['expect: a-miracle'], input],
    ['two lengths (OPA: none)', 400, `POST ${check}`, ['content-length: 2', 'content-length: 3'], '{}'],
    ['a length and chunks', 400, `POST ${check}`, ['content-length: 2', 'transfer-encoding: chunked'], '{}'],
    ['a chunk that is none', 400, `POST ${check}`, ['transfer-encoding: chunked'], 'zz\r\n'],
    ['headers over the limit', 431, `POST ${check}`, [`x-big: ${'x'.repeat(20_000)}`], input],
    ['no host', 400, `POST ${check}`, ['no host'], input],
    ['a method that nobody knows (OPA: 405)', 400, `FOO ${check}`],
  ])('%s: %i', async (_name, status, first, headers, body) => {
    const reply = await ask(first, headers, body)
    expect(reply).toMatchObject({ status, head: expect.stringContaining('content-type: application/json') })
    expect(reply.head).toContain('cache-control: no-store')
    const said = JSON.parse(reply.said) as Record<string, unknown>
    expect(said).toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/), message: expect.any(String) })
    expect(Object.keys(said).filter((name) => !['code', 'message', 'errors'].includes(name))).toEqual([])
  })

  test('HEAD is none of its methods, and decides nothing', async () => {
    const query = new URLSearchParams({ input: '{"subject":"sub_x","entitlement":"docs"}' })
    expect(await ask(`HEAD ${check}?${query}`)).toMatchObject({ status: 405, said: '' })
    expect((await door.journals()).decisions).toEqual([])
  })

  test.each(['text/plain', ';;', 'application', 'application/xml; charset'])(
    'a media type %j is not looked at',
    async (type) => {
      const asked = await ask(`POST ${check}`, [`content-type: ${type}`], '{"input":{}}')
      expect(JSON.parse(asked.said)).toMatchObject({ errors: [{ code: 'INVALID_FIELD' }] })
      expect(asked.said).toContain('input.subject')
    },
  )
})
