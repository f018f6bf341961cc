import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { apiKeyId, apiKeyRandomBytes, generateApiKey, isApiKey } from '#identity/api-key.ts'

const key = generateApiKey(randomBytes(apiKeyRandomBytes))

test('a key has the published shape, and its digest is of the whole text', () => {
  expect(key.text).toMatch(/^vch_[A-Za-z0-9]{12}_[\w-]{43}[A-Za-z0-9]{6}$/)
  expect(key.id).toBe(key.text.slice(4, 16))
  expect(Buffer.from(key.sha256)).toEqual(createHash('sha256').update(key.text).digest())
  expect(apiKeyId(key.text)).toBe(key.id)
  expect(isApiKey(key.text, key.sha256)).toBe(true)
})

test('the same random bytes give the same key, others another', () => {
  const bytes = new Uint8Array(apiKeyRandomBytes)
  expect(generateApiKey(bytes).text).toBe(
    'vch_000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2cgZBI',
  )
  expect(generateApiKey(bytes.with(0, 1)).text).not.toBe(generateApiKey(bytes).text)
  expect(() => generateApiKey(new Uint8Array(43))).toThrow(RangeError)
})

describe('V35 a key', () => {
  test('cut or extended at every length is rejected', () => {
    for (let length = 0; length < key.text.length; length++) {
      expect(apiKeyId(key.text.slice(0, length))).toBeUndefined()
      expect(apiKeyId(key.text.slice(length + 1))).toBeUndefined()
    }
    for (const more of ['A', '0', '_', ' ', '\n', '\u0000', '=', key.text]) {
      expect(apiKeyId(key.text + more)).toBeUndefined()
      expect(apiKeyId(more + key.text)).toBeUndefined()
    }
  })

  test('changed in any one character is rejected by its checksum', () => {
    for (let at = 0; at < key.text.length; at++) {
      const changed =
        key.text.slice(0, at) + (key.text.charAt(at) === 'A' ? 'B' : 'A') + key.text.slice(at + 1)
      expect(apiKeyId(changed)).toBeUndefined()
      expect(isApiKey(changed, key.sha256)).toBe(false)
    }
  })
})

test('V17 an unknown id is compared like a known one, and never equal', () => {
  expect(isApiKey(key.text, undefined)).toBe(false)
  expect(isApiKey(key.text, new Uint8Array(32))).toBe(false)
  expect(isApiKey(key.text, key.sha256.subarray(0, 31))).toBe(false)
  expect(isApiKey(key.text, new Uint8Array())).toBe(false)
})
