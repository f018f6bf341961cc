import { expect, test } from 'vitest'
import type { JsonObject } from '#core/json.ts'
import { boundedAttributes } from '#rpc/attributes.ts'

function nested(depth: number): JsonObject {
  let value: JsonObject = { leaf: 1 }
  for (let level = 1; level < depth; level++) value = { a: level % 2 === 0 ? value : value }
  return value
}

test.each([
  [32, true],
  [33, false],
  [5000, false],
])('V57 attributes nested %i deep pass: %s', (depth, passes) => {
  const work = () => boundedAttributes(nested(depth))
  if (passes) expect(work()).toEqual(nested(depth))
  else expect(work).toThrow(/nested at most 32 deep/)
})

test.each([
  [64, true],
  [65, false],
])('V56 %i attributes pass: %s', (count, passes) => {
  const attributes = Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))
  const work = () => boundedAttributes(attributes)
  if (passes) expect(work()).toBe(attributes)
  else expect(work).toThrow(/at most 64 keys/)
})
