import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeededHash } from '#snapshot/seeded-hash.ts'
import { TextTable } from '#snapshot/text-table.ts'

const hash = new SeededHash(new Uint32Array([1, 2]))

test('V14 texts come back as they were; those that differ in anything have different numbers', () => {
  const words = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom('é', 'é', 'a', 'A', 'a ', 'а', 'a​', '', '�'),
    fc.string({ minLength: 900, maxLength: 1200 }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(words, fc.boolean()), { maxLength: 80 }), (steps) => {
      const table = new TextTable(hash)
      const users = new Map<string, number[]>()
      for (const [text, drop] of steps) {
        const numbers = users.get(text) ?? []
        users.set(text, numbers)
        if (drop && numbers.length > 0) table.release(numbers.pop() ?? 0)
        else numbers.push(table.intern(text))
      }
      const live = [...users].filter(([, numbers]) => numbers.length > 0)
      expect(table.size).toBe(live.length)
      const listed = [...table.entries()].map((entry) => table.text(entry))
      expect(listed.sort()).toEqual(live.flatMap(([text]) => (text === '' ? [] : [text])).sort())
      expect(new Set(live.map(([, numbers]) => numbers[0])).size).toBe(live.length)
      for (const [text, numbers] of users) {
        expect(table.find(text)).toBe(numbers[0] ?? 0)
        for (const number of numbers) expect(table.text(number)).toBe(text)
      }
    }),
    { numRuns: 200 },
  )
})

test('V14 a lone surrogate is not found as the character that stands for it in UTF-8', () => {
  const table = new TextTable(hash)
  table.intern('\ufffd')
  expect(table.find('\ud800')).toBe(0)
})

test('what is released is used again: ten thousand texts one after the other take the place of one', () => {
  const table = new TextTable(hash)
  const numbers = new Set<number>()
  for (let n = 0; n < 10_000; n++) {
    const number = table.intern(`sub_${n}`)
    numbers.add(number)
    table.release(number)
  }
  expect(numbers.size).toBe(1)
})
