import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { checkTokenShape, parseCompactToken } from '#identity/compact-token.ts'
import { issuer, makeKey, part, payload, rawToken, sign } from './fixtures.ts'
import { startKeyServer } from './key-server.ts'
import { bench } from './verifier-fixture.ts'

const rsa = makeKey('rsa-1', 'RS256')
const ec = makeKey('ec-1', 'ES256')
const ed = makeKey('ed-1', 'EdDSA')
const other = makeKey('rsa-1', 'RS256')
const jwks = { keys: [rsa.jwk, ec.jwk, ed.jwk] }
const made = bench([issuer({ jwks })])
const good = await sign(rsa)
const [header = '', claims = '', signature = ''] = good.split('.')

afterAll(() => made.verifier.close())

describe('V29 S000-21 HMAC with a public key', () => {
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const pkcs1 = rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const encodings: [string, string | Buffer][] = [
    ['spki pem', pem],
    ['pem without its last line end', pem.trimEnd()],
    ['pem with CRLF', pem.replaceAll('\n', '\r\n')],
    ['pem with leading blanks', ` \t\n${pem}`],
    ['pkcs1 pem', pkcs1],
    ['spki der', rsa.publicKey.export({ type: 'spki', format: 'der' })],
    ['pkcs1 der', rsa.publicKey.export({ type: 'pkcs1', format: 'der' })],
    ['jwk text', JSON.stringify(rsa.jwk)],
    ['modulus', String(rsa.jwk.n)],
    ['empty', ''],
  ]
  test.each(encodings)('as %s is refused', async (_name, secret) => {
    for (const [alg, digest] of [
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
    ] as const) {
      for (const kid of ['rsa-1', undefined]) {
        const input = `${part({ alg, kid })}.${part(payload())}`
        const mac = createHmac(digest, secret).update(input).digest('base64url')
        expect(await made.outcome(`${input}.${mac}`)).toBe('algorithm')
      }
    }
  })

  test('is refused even where an issuer row allows it', async () => {
    const careless = bench([issuer({ jwks, algorithms: ['HS256', 'none', 'RS256'] })])
    const input = `${part({ alg: 'HS256', kid: 'rsa-1' })}.${part(payload())}`
    const mac = createHmac('sha256', pem).update(input).digest('base64url')
    expect(await careless.outcome(`${input}.${mac}`)).toBe('algorithm')
    expect(await careless.outcome(rawToken({ alg: 'none', kid: 'rsa-1' }, payload(), 'AAAA'))).toBe(
      'algorithm',
    )
    careless.verifier.close()
  })

  test('V29 a key is used only for its own algorithm', async () => {
    const row = issuer({ jwks, algorithms: ['PS256', 'RS256', 'ES256'] })
    const pinned = bench([row])
    const claim = payload()
    // The key says RS256; a genuine PS256 signature by it is still not its algorithm.
    expect(await pinned.outcome(await sign({ ...rsa, alg: 'PS256' }, claim))).toBe('key')
    expect(await pinned.outcome(await sign(rsa, claim, { kid: 'ec-1' }))).toBe('key')
    pinned.verifier.close()
  })

  test('an algorithm the row does not list is refused', async () => {
    const narrow = bench([issuer({ jwks, algorithms: ['ES256'] })])
    expect(await narrow.outcome(good)).toBe('algorithm')
    narrow.verifier.close()
  })
})

describe('V30 S000-21 unsigned or badly signed', () => {
  const nones = [
    'none',
    'None',
    'NONE',
    'nOnE',
    'NoNe',
    'noNE',
    'none ',
    ' none',
    'none\n',
    '\tnone',
    'none\u0000',
    'n\u00f6ne',
    'n\u043ene',
    '"none"',
    '',
    'null',
  ]
  test.each(nones)('alg %j is refused', async (alg) => {
    for (const mark of ['AAAA', signature]) {
      expect(await made.outcome(rawToken({ alg, kid: 'rsa-1' }, payload(), mark))).toBe('algorithm')
    }
    expect(await made.outcome(rawToken({ alg }, payload(), ''))).toBe('malformed')
  })

  test.each([[null], [undefined], [0], [['RS256']], [{ RS256: 1 }], [true]])(
    'alg %j is refused',
    async (alg) => {
      expect(await made.outcome(rawToken({ alg, kid: 'rsa-1' }, payload(), signature))).toBe('algorithm')
    },
  )

  test('signatures of zeros, of odd sizes and of another key are refused', async () => {
    for (const size of [1, 63, 64, 65, 128, 256, 257, 4096]) {
      const zeros = Buffer.alloc(size).toString('base64url')
      for (const [alg, kid] of [
        ['ES256', 'ec-1'],
        ['EdDSA', 'ed-1'],
        ['RS256', 'rsa-1'],
      ]) {
        expect(await made.outcome(rawToken({ alg, kid }, payload(), zeros))).toBe('signature')
      }
    }
    expect(await made.outcome(await sign(other))).toBe('signature')
    expect(await made.outcome(`${header}.${part(payload({ sub: 'mallory' }))}.${signature}`)).toBe(
      'signature',
    )
  })

  test('trailing junk and other spellings of the same bytes are refused', async () => {
    const junk = ['=', '==', '\n', ' ', '\u0000', 'A', '!', '%', '\u00a0', '.', '.AAAA']
    for (const end of junk) expect(await made.outcome(good + end)).not.toBe('accepted')
    for (const end of junk) {
      expect(await made.outcome(`${header}${end}.${claims}.${signature}`)).not.toBe('accepted')
      expect(await made.outcome(`${header}.${claims}${end}.${signature}`)).not.toBe('accepted')
    }
    const standard = good.replaceAll('-', '+').replaceAll('_', '/')
    if (standard !== good) expect(await made.outcome(standard)).toBe('malformed')
    expect(await made.outcome(good)).toBe('accepted')
  })

  test('the loose bits at the end of a signature are refused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(good.slice(-1))
    // 256 bytes leave two characters with 4 loose bits in the last one.
    expect(last % 16).toBe(0)
    for (let bits = 1; bits < 16; bits++) {
      expect(await made.outcome(good.slice(0, -1) + alphabet.charAt(last + bits))).toBe('malformed')
    }
  })

  test('a critical extension and an unencoded payload are refused', async () => {
    const cases = [
      { crit: ['exp'] },
      { crit: [] },
      { crit: ['b64'], b64: false },
      { b64: false },
      { crit: ['b64'], b64: true },
      { b64: 'false' },
      { crit: null },
    ]
    for (const extra of cases) {
      expect(
        await made.outcome(rawToken({ alg: 'RS256', kid: 'rsa-1', ...extra }, payload(), signature)),
      ).toBe('malformed')
    }
    expect(await made.outcome(await sign(rsa, payload(), { b64: true, crit: ['b64'] }))).toBe('malformed')
  })
})

test('V31 keys and addresses in the header are not looked at, and nothing is connected to', async () => {
  const bait = await startKeyServer([other.jwk])
  const attacks: Record<string, unknown>[] = [
    { jwk: other.jwk },
    { jku: bait.url },
    { x5u: bait.url },
    { x5c: ['MIIB'] },
    { kid: bait.url, jku: bait.url },
    { kid: '../../../../dev/null' },
    { kid: "x' OR '1'='1" },
    { kid: '__proto__' },
    { kid: 'constructor' },
    { kid: 'k'.repeat(257) },
  ]
  for (const attack of attacks) {
    const forged = await sign(other, payload(), attack)
    expect(await made.outcome(forged)).not.toBe('accepted')
  }
  // Genuinely signed, the same headers change nothing.
  for (const attack of attacks.slice(0, 4)) {
    expect(await made.outcome(await sign(rsa, payload(), attack))).toBe('accepted')
  }
  expect(bait.seen.connections).toBe(0)
  expect(made.world.fetched).toBe(0)
  await bait.close()
})

describe('V34 shape', () => {
  test('five parts and more than 8192 characters are refused before anything is parsed', () => {
    const zip = part({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', zip: 'DEF', p2c: 2_000_000_000 })
    for (const text of [
      `${zip}.a.b.c.d`,
      'a.b.c.d',
      'a.b',
      'a',
      '',
      '..',
      'a..',
      '.b.c',
      'a.b.',
      `${'a'.repeat(8191)}.b.c`,
    ]) {
      expect(() => checkTokenShape(text)).toThrow('malformed')
    }
    // The header above is never decoded: a shape that is refused throws before parsing would.
    expect(() => checkTokenShape('!.!.!')).not.toThrow()
    expect(() => parseCompactToken('!.!.!')).toThrow('malformed')
  })

  test('a token of exactly 8192 characters is verified, one more is not', async () => {
    const empty = await sign(rsa, payload({ pad: '' }))
    const room = Math.floor(((8192 - empty.length) * 3) / 4)
    const full = await sign(rsa, payload({ pad: 'x'.repeat(room) }))
    expect(full.length).toBeLessThanOrEqual(8192)
    expect(full.length).toBeGreaterThan(8188)
    expect(await made.outcome(full)).toBe('accepted')
    expect(await made.outcome(await sign(rsa, payload({ pad: 'x'.repeat(room + 6) })))).toBe('malformed')
  })

  test('V55 deeply nested claims are no crash, signed or not, and none of them goes further', async () => {
    const nested = JSON.parse(`${'['.repeat(2500)}${']'.repeat(2500)}`)
    const deep = bench([issuer({ jwks, claim_map: { roles: ['x'], tier: 'x', attributes: { x: 'x' } } })])
    const token = await sign(rsa, payload({ x: nested }))
    expect(await deep.outcome(`${token.slice(0, -8)}AAAAAAAA`)).toBe('signature')
    expect((await deep.accept(token)).claims).toMatchObject({ roles: [], tier_labels: [], attributes: {} })
    deep.verifier.close()
  })
})

test('V35 a token cut at every length is refused', async () => {
  const short = await sign(ec)
  for (let length = 0; length < short.length; length++) {
    expect(await made.outcome(short.slice(0, length))).not.toBe('accepted')
  }
  expect(await made.outcome(short)).toBe('accepted')
})

test('V32 a token that differs in one character at any place is not taken for the verified one', async () => {
  const token = await sign(ec)
  expect(await made.outcome(token)).toBe('accepted')
  for (let at = 0; at < token.length; at++) {
    const changed = token.slice(0, at) + (token.charAt(at) === 'A' ? 'B' : 'A') + token.slice(at + 1)
    expect(await made.outcome(changed)).not.toBe('accepted')
  }
})

test('arbitrary text is refused with a cause and without an echo of it', async () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.tuple(fc.json(), fc.json()).map(([h, c]) => `${b64(h)}.${b64(c)}.AAAA`),
  )
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      expect(['malformed', 'algorithm', 'issuer', 'key', 'audience']).toContain(await made.outcome(text))
    }),
    { numRuns: 300 },
  )
  expect(made.lines.join('')).not.toContain('eyJ')
})

test('V16 no refusal carries the token or a part of it', async () => {
  const canary = randomBytes(12).toString('hex')
  const token = await sign(other, payload({ sub: canary, note: canary }))
  const error = await Promise.resolve()
    .then(() => made.verifier.verify(token))
    .catch((thrown: unknown) => thrown)
  const shown = `${JSON.stringify(error)} ${String(error)} ${String((error as Error).cause)} ${(error as Error).stack}`
  expect(shown).not.toContain(canary)
  for (const piece of token.split('.')) expect(shown).not.toContain(piece)
})

function b64(text: string): string {
  return Buffer.from(text).toString('base64url')
}
