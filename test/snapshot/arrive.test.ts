import { expect, test } from 'vitest'
import { newId } from '#postgres/uuid.ts'
import { type AppliedEffect, applyChange } from '#snapshot/apply-change.ts'
import { arrive } from '#snapshot/arrive.ts'
import { SeededHash } from '#snapshot/seeded-hash.ts'
import { TenantData } from '#snapshot/tenant-data.ts'
import { viewOf } from '#snapshot/tenant-view.ts'

const tenant = newId()
const place = { epoch: newId(), revision: 1, chain: new Uint8Array() }
const people = Array.from({ length: 150 }, () => newId())
const effectOf = (table_name: string, row: { readonly [column: string]: unknown }): AppliedEffect => ({
  table_name,
  op: 'insert',
  key: '{}',
  after: JSON.stringify(row),
  row,
})
const target = newId()
const effects = people.flatMap((id, n) => [
  effectOf('subjects', { tenant_id: tenant, id, kind: 'user' }),
  effectOf('identities', { tenant_id: tenant, iss: 'https://i.test', sub: `s${n}`, subject_id: id }),
  ...[1, 2].map(() =>
    effectOf('grants', {
      tenant_id: tenant,
      id: newId(),
      subject_id: id,
      entitlement_id: target,
      effect: 'allow',
      access: 'full',
      source: 'backfill',
      source_ref: 'file',
      starts_at: '2026-01-01T00:00:00+00:00',
    }),
  ),
])
const dataOf = () => {
  const poison: string[] = []
  const data = new TenantData(tenant, place, {
    hash: new SeededHash(new Uint32Array([1, 2])),
    onPoison: (table, reason) => poison.push(`${table} ${reason}`),
  })
  return { data, view: viewOf(data), poison }
}
const held = (view: ReturnType<typeof viewOf>) => people.map((id) => view.grants(id, () => true).length)

test('F15 of people who arrive in pieces nobody sees a part, and in the end all of it', async () => {
  const { data, view, poison } = dataOf()
  let rests = 0
  const rest = async () => {
    rests++
    expect(held(view).every((count) => count === 0)).toBe(true)
    expect(view.subjectOf('https://i.test', 's0')).toBeUndefined()
    expect(view.subject(people[0] ?? '')).toBeUndefined()
  }
  const left = await arrive(data, effects, { due: () => true, rest })
  await rest()
  expect(rests).toBe(effects.length + 1)
  expect(left).toHaveLength(2 * people.length)
  data.ids.reveal()
  applyChange(data, left, { ...place, revision: 2 })
  expect(held(view)).toEqual(people.map(() => 2))
  expect(view.subjectOf('https://i.test', 's149')).toBe(people[149])
  expect(poison).toEqual([])
})

test('what was broken off and begun again is there once', async () => {
  const { data, view } = dataOf()
  let rests = 0
  const broken = arrive(data, effects, {
    due: () => true,
    rest: async () => {
      if (++rests === 300) throw new Error('broken off')
    },
  })
  await expect(broken).rejects.toThrow('broken off')
  const left = await arrive(data, effects, { due: () => false, rest: async () => {} })
  data.ids.reveal()
  applyChange(data, left, { ...place, revision: 2 })
  expect(held(view)).toEqual(people.map(() => 2))
  expect(data.grants.size).toBe(2 * people.length)
  expect(data.subjects.size).toBe(people.length)
})

test('rights of people who are known already come with the rest, in one tick', async () => {
  const { data, view } = dataOf()
  const [first = ''] = people
  data.ids.intern(first)
  const left = await arrive(data, effects, { due: () => false, rest: async () => {} })
  expect(view.grants(first, () => true)).toEqual([])
  expect(left).toHaveLength(2 * people.length + 2)
})
