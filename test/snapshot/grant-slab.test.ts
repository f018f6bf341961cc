import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Grant } from '#core/grant.ts'
import { accesses, effects, sources } from '#snapshot/codes.ts'
import { blankGrant } from '#snapshot/grant-fields.ts'
import { putGrant } from '#snapshot/read-grant.ts'
import { SeededHash } from '#snapshot/seeded-hash.ts'
import { TenantData } from '#snapshot/tenant-data.ts'
import { viewOf } from '#snapshot/tenant-view.ts'
import { parseUuid } from '#snapshot/uuid.ts'

const hash = new SeededHash(new Uint32Array([7, 8]))
const empty = () =>
  new TenantData(uuidOf(1), { epoch: '', revision: 0, chain: Buffer.alloc(0) }, { hash, onPoison: () => {} })

const holder = fc.integer({ min: 100, max: 103 }).map(uuidOf)
const target = fc.integer({ min: 200, max: 203 }).map(uuidOf)
const time = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const grant = fc.record({
  holder,
  id: fc.integer({ min: 300, max: 315 }).map(uuidOf),
  target,
  effect: fc.constantFrom(...effects),
  access: fc.constantFrom(...accesses),
  source: fc.constantFrom(...sources),
  source_ref: fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .map((text) => text.toWellFormed().replaceAll('\0', '')),
  starts_at: time,
  ends_at: maybe(time),
  revoked_at: maybe(time),
  past_due_at: maybe(time),
  module: maybe(fc.constantFrom('learn', 'docs')),
  scope: maybe(fc.integer({ min: 400, max: 402 }).map(uuidOf)),
  pool: maybe(fc.integer({ min: 500, max: 502 }).map(uuidOf)),
  value: maybe(fc.jsonValue().filter((value) => value !== null)),
})
const step = fc.oneof(
  { weight: 4, arbitrary: grant.map((put) => ({ put })) },
  { weight: 1, arbitrary: fc.record({ remove: grant.map(({ id }) => id) }) },
)

test('V8 the slab equals a map after any puts, moves and removals', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const data = empty()
      const model = new Map<string, { holder: string; grant: Grant }>()
      for (const each of steps) {
        if ('put' in each) {
          putGrant(data, rowOf(each.put))
          model.set(each.put.id, {
            holder: each.put.holder,
            grant: JSON.parse(JSON.stringify({ ...each.put, holder: undefined })),
          })
        } else {
          const words = new Uint32Array(4)
          parseUuid(each.remove, words)
          data.grants.delete(words)
          model.delete(each.remove)
        }
      }
      const view = viewOf(data)
      expect(data.grants.size).toBe(model.size)
      for (const n of [100, 101, 102, 103]) {
        const expected = [...model.values()]
          .filter((entry) => entry.holder === uuidOf(n))
          .map((entry) => entry.grant)
        expected.sort((a, b) => (a.id < b.id ? -1 : 1))
        const got = view.grants(uuidOf(n), () => true)
        expect(JSON.parse(JSON.stringify(got))).toEqual(expected)
        const some = (id: string) => id === uuidOf(200)
        expect(view.grants(uuidOf(n), some)).toEqual(got.filter((found) => some(found.target)))
      }
      // Nothing leaks: texts that no grant has any more are gone.
      const texts = [...model.values()].flatMap(({ grant: { source_ref, value } }) => [
        ...(source_ref === '' ? [] : [source_ref]),
        ...(value === undefined ? [] : [JSON.stringify(value)]),
      ])
      expect(data.texts.size).toBe(new Set(texts).size)
    }),
    { numRuns: 300 },
  )
})

test('V20 a holder of 70 000 grants answers with all of them, and with one', () => {
  const data = empty()
  const fields = blankGrant()
  fields.holder = data.ids.intern(uuidOf(1))
  const [common, rare] = [data.ids.intern(uuidOf(2)), data.ids.intern(uuidOf(3))]
  for (let n = 0; n < 70_000; n++) {
    fields.id[0] = n
    fields.target = n === 65_536 ? rare : common
    data.grants.put(fields)
  }
  const view = viewOf(data)
  expect(view.grants(uuidOf(1), (id) => id === uuidOf(3))).toHaveLength(1)
  expect(view.grants(uuidOf(1), () => true)).toHaveLength(70_000)
})

type Made = typeof grant extends fc.Arbitrary<infer T> ? T : never

function rowOf(made: Made) {
  const at = (ms: number | undefined) => (ms === undefined ? null : textOf(ms))
  return {
    id: made.id,
    subject_id: made.holder,
    organization_id: null,
    entitlement_id: made.target,
    effect: made.effect,
    access: made.access,
    source: made.source,
    source_ref: made.source_ref,
    starts_at: at(made.starts_at),
    ends_at: at(made.ends_at),
    revoked_at: at(made.revoked_at),
    past_due_at: at(made.past_due_at),
    module: made.module ?? null,
    scope_organization_id: made.scope ?? null,
    pool_id: made.pool ?? null,
    value: made.value ?? null,
  }
}

// As jsonb writes it.
function textOf(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+00:00')
}

function uuidOf(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}
