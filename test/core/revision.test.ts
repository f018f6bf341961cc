import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeRevision, encodeRevision } from '#core/revision.ts'

const token = fc.record({
  tenant: fc.uuid(),
  epoch: fc.uuid(),
  revision: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  chain: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => bytes.toHex()),
})

test('M-4 a revision token reads back as it was written', () => {
  fc.assert(
    fc.property(token, (each) => {
      expect(decodeRevision(encodeRevision(each))).toEqual(each)
    }),
  )
})

test('V19 a token cut, extended or altered is refused or reads as another place, never crashes', () => {
  fc.assert(
    fc.property(token, fc.nat(70), fc.string({ maxLength: 3 }), (each, cut, extra) => {
      const text = encodeRevision(each)
      const changed = text.slice(0, cut) + extra + text.slice(cut + extra.length)
      try {
        expect(encodeRevision(decodeRevision(changed))).toBe(changed)
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_FIELD' })
      }
    }),
  )
})
