import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPageTokens } from '#admin/page-tokens.ts'

const tokens = createPageTokens('a secret of the test')
const cursor = [1_795_000_000_123, '019a0000-0000-7000-8000-0123456789ab']
const list = ['tenant-a', 'grants', 'subject', '']
const token = tokens.write(list, cursor)
const refused = expect.objectContaining({ code: 'INVALID_FIELD' })
const attempt = (of: readonly string[], text: string) => {
  try {
    return tokens.read(of, text)
  } catch (error) {
    return error
  }
}

test('a token leads back to its place', () => {
  expect(tokens.read(list, token)).toEqual(cursor)
})

test('V19 a token with any bit flipped, cut or lengthened is refused', () => {
  const bytes = Buffer.from(token, 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const forged = Buffer.from(bytes)
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(attempt(list, forged.toString('base64url'))).toEqual(refused)
  }
  for (let length = 0; length < token.length; length++)
    expect(attempt(list, token.slice(0, length))).toEqual(refused)
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (tail) => {
      expect(attempt(list, token + tail)).toEqual(refused)
    }),
  )
})

test('V19 a token of another tenant, holder or secret is refused', () => {
  for (const other of [
    ['tenant-b', ...list.slice(1)],
    ['tenant-a', 'grants', '', 'subject'],
    ['tenant-a', 'grants', 'subject', '', ''],
  ]) {
    expect(attempt(other, token)).toEqual(refused)
  }
  expect(attempt(list, createPageTokens('another secret').write(list, cursor))).toEqual(refused)
})
