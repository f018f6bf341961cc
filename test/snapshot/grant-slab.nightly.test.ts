import { expect, test } from 'vitest'
import { blankGrant } from '#snapshot/grant-fields.ts'
import { SeededHash } from '#snapshot/seeded-hash.ts'
import { TenantData } from '#snapshot/tenant-data.ts'
import { viewOf } from '#snapshot/tenant-view.ts'

test('V20 a holder of a million grants answers with all of them, and with one', () => {
  const place = { epoch: '', revision: 0, chain: Buffer.alloc(0) }
  const hash = new SeededHash(new Uint32Array([7, 8]))
  const data = new TenantData(uuidOf(1), place, { hash, onPoison: () => {} })
  const fields = blankGrant()
  fields.holder = data.ids.intern(uuidOf(1))
  const [common, rare] = [data.ids.intern(uuidOf(2)), data.ids.intern(uuidOf(3))]
  for (let n = 0; n < 1_000_000; n++) {
    fields.id[0] = n
    fields.target = n === 65_536 ? rare : common
    data.grants.put(fields)
  }
  const view = viewOf(data)
  expect(view.grants(uuidOf(1), (id) => id === uuidOf(3))).toHaveLength(1)
  expect(view.grants(uuidOf(1), () => true)).toHaveLength(1_000_000)
})

function uuidOf(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}
