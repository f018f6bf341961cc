import { expect, test } from 'vitest'
import { HeldBytes } from '#snapshot/held-bytes.ts'

const mebibyte = 1024 * 1024

test('what is taken stays as it is until it is let go, and then is used again', () => {
  const held = new HeldBytes()
  const sizes = [0, 10, mebibyte - 5, 3 * mebibyte, 1]
  const taken = sizes.map((size, n) => held.take(size).fill(n))
  for (const [n, bytes] of taken.entries()) expect(bytes).toEqual(Buffer.alloc(sizes[n] ?? 0, n))
  held.letGo()
  expect(held.take(10).buffer).toBe(taken[1]?.buffer)
  expect(held.take(3 * mebibyte).buffer).toBe(taken[3]?.buffer)
})

test('of many no more is kept than sixteen mebibytes', () => {
  const held = new HeldBytes()
  const buffers = () => Array.from({ length: 20 }, () => held.take(mebibyte).buffer)
  const before = buffers()
  held.letGo()
  expect(buffers().filter((buffer) => before.includes(buffer))).toHaveLength(16)
  held.letGo()
  held.take(20 * mebibyte)
  held.letGo()
  expect(held.take(20 * mebibyte).length).toBe(20 * mebibyte)
})
