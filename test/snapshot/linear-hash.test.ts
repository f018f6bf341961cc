import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LinearHash } from '#snapshot/linear-hash.ts'

test('V8 entries are found under their hash alone, whatever was added and removed before, however hashes collide', () => {
  const step = fc.record({
    hash: fc.integer({ min: 0, max: 7 }).map((n) => (n * 0x10001) >>> 0),
    add: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new LinearHash()
      const model = new Map<number, number>()
      let next = 1
      for (const { hash, add } of steps) {
        const [known] = [...model].find(([, other]) => other === hash) ?? []
        if (add || known === undefined) {
          table.add(hash, next)
          model.set(next++, hash)
        } else {
          table.remove(known)
          model.delete(known)
        }
      }
      expect(table.size).toBe(model.size)
      for (const hash of new Set(steps.map((each) => each.hash))) {
        const found: number[] = []
        for (let entry = table.first(hash); entry !== 0; entry = table.after(entry)) found.push(entry)
        const expected = [...model].filter(([, other]) => other === hash).map(([entry]) => entry)
        expect(found.sort(order)).toEqual(expected.sort(order))
      }
    }),
    { numRuns: 300 },
  )
})

test('it grows through its segments and finds all of 100 000', () => {
  const table = new LinearHash()
  const hashOf = (n: number) => Math.imul(n, 0x9e3779b1) >>> 0
  for (let n = 1; n <= 100_000; n++) table.add(hashOf(n), n)
  for (let n = 1; n <= 100_000; n++) if (table.first(hashOf(n)) !== n) throw new Error(`${n} is lost`)
  expect(table.first(hashOf(100_001))).toBe(0)
})

const order = (a: number, b: number) => a - b
