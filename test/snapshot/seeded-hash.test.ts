import { expect, test } from 'vitest'
import { SeededHash } from '#snapshot/seeded-hash.ts'

const bytes = (n: number) => Buffer.from(`subject-${n}`)

test('V56 what collides under one key does not under another', () => {
  const [known, secret] = [new SeededHash(new Uint32Array([1, 2])), new SeededHash(new Uint32Array([3, 4]))]
  const bucket = (hash: SeededHash, n: number) => hash.bytes(bytes(n), 0, bytes(n).length) & 1023
  const chosen = Array.from({ length: 200_000 }, (_, n) => n).filter((n) => bucket(known, n) === 0)
  expect(chosen.length).toBeGreaterThan(100)
  const spread = new Set(chosen.map((n) => bucket(secret, n)))
  expect(spread.size).toBeGreaterThan(chosen.length / 2)
})

test('texts that differ by trailing zero bytes differ', () => {
  const hash = new SeededHash(new Uint32Array([1, 2]))
  const zeros = [1, 2, 3, 4, 5, 8].map((length) => hash.bytes(Buffer.alloc(length), 0, length))
  expect(new Set(zeros).size).toBe(zeros.length)
})

test('ids of one millisecond spread over all buckets', () => {
  const hash = new SeededHash(new Uint32Array([5, 6]))
  const buckets = new Uint32Array(64)
  for (let n = 0; n < 64_000; n++) {
    const at = hash.uuid(new Uint32Array([0x019a0000, 0x7000, 0x80000000, n])) & 63
    buckets[at] = (buckets[at] ?? 0) + 1
  }
  expect(Math.min(...buckets)).toBeGreaterThan(700)
})
