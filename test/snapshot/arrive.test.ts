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
const grantOf = (subject_id: string, more: object) =>
  effectOf('grants', {
    tenant_id: tenant,
    id: newId(),
    subject_id,
    entitlement_id: target,
    effect: 'allow',
    access: 'full',
    source: 'backfill',
    source_ref: 'file',
    starts_at: '2026-01-01T00:00:00+00:00',
    ...more,
  })
const effects = people.flatMap((id, n) => [
  effectOf('subjects', { tenant_id: tenant, id, kind: 'user' }),
  effectOf('identities', { tenant_id: tenant, iss: 'https://i.test', sub: `s${n}`, subject_id: id }),
  grantOf(id, {}),
  grantOf(id, {}),
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
  expect(left?.effects).toEqual([])
  expect([...(left?.touched.subjects ?? [])]).toEqual(people)
  expect([data.subjects.size, data.identities.size, data.grants.size]).toEqual([0, 0, 0])
  expect([...data.identities.named('https://i.test')]).toEqual([])
  applyChange(data, left?.effects ?? [], { ...place, revision: 2 })
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
  applyChange(data, left?.effects ?? [], { ...place, revision: 2 })
  expect(held(view)).toEqual(people.map(() => 2))
  expect(data.grants.size).toBe(2 * people.length)
  expect(data.subjects.size).toBe(people.length)
  expect(data.identities.size).toBe(people.length)
})

test('F15 rights of people who are known already arrive in pieces too, and are seen all at once', async () => {
  const { data, view } = dataOf()
  applyChange(data, effects, place)
  const more = people.map((id, n) => grantOf(id, { value: n, entitlement_id: n < 75 ? target : newId() }))
  const before = held(view)
  const left = await arrive(data, more, {
    due: () => true,
    rest: async () => expect(held(view)).toEqual(before),
  })
  expect(held(view)).toEqual(before)
  expect(left?.effects).toEqual([])
  expect([...(left?.touched.subjects ?? [])]).toEqual(people)
  applyChange(data, left?.effects ?? [], { ...place, revision: 2 })
  expect(held(view)).toEqual(people.map(() => 3))
})

test('what cannot be read, buys seats, or is there already is put in the order of the change', async () => {
  const { data, view, poison } = dataOf()
  const [first = ''] = people
  const twice = grantOf(first, {})
  const poisoned = grantOf(first, { starts_at: 'never' })
  const left = await arrive(data, [...effects, poisoned, twice, twice], {
    due: () => false,
    rest: async () => {},
  })
  expect(left?.effects.map(({ after }) => after)).toEqual([poisoned.after, twice.after])
  applyChange(data, left?.effects ?? [], { ...place, revision: 2 })
  expect(poison).toEqual(['grants starts_at is no time'])
  expect(view.grants(first, () => true)).toHaveLength(3)
})

test('people and names that are there already, or cannot be read, are put in the order of the change', async () => {
  const { data, view, poison } = dataOf()
  const [first = '', second = ''] = people
  const moved = (subject_id: string) =>
    effectOf('identities', { tenant_id: tenant, iss: 'https://i.test', sub: 's0', subject_id })
  applyChange(
    data,
    [effectOf('subjects', { tenant_id: tenant, id: first, kind: 'user' }), moved(second)],
    place,
  )
  const service = effectOf('subjects', { tenant_id: tenant, id: first, kind: 'service' })
  const unknown = effectOf('subjects', { tenant_id: tenant, id: newId(), kind: 'robot' })
  const left = await arrive(data, [...effects, service, unknown, moved(second)], {
    due: () => true,
    rest: async () => {
      expect(view.subject(first)?.kind).toBe('user')
      expect(view.subjectOf('https://i.test', 's0')).toBe(second)
    },
  })
  expect(left?.effects).toEqual([effects[0], effects[1], service, unknown, moved(second)])
  applyChange(data, left?.effects ?? [], { ...place, revision: 2 })
  expect(view.subject(first)?.kind).toBe('service')
  expect(view.subjectOf('https://i.test', 's0')).toBe(second)
  expect(poison).toEqual(['subjects kind is none of user, service'])
})

test('a right that is changed by the change that brings it goes in order', async () => {
  const { data, view } = dataOf()
  const [first = ''] = people
  const right = grantOf(first, { value: 1 })
  const changed = { ...right, op: 'update', row: { ...right.row, value: 2 } }
  const left = await arrive(data, [...effects, right, changed], { due: () => false, rest: async () => {} })
  expect(left?.effects).toHaveLength(effects.length + 2)
  applyChange(data, left?.effects ?? [], { ...place, revision: 2 })
  expect(view.grants(first, () => true).flatMap(({ value }) => value ?? [])).toEqual([2])
})

test('a line that is no row is told before anything is put; a row of a pack says what most say', async () => {
  const { data, view } = dataOf()
  const pace = { due: () => false, rest: async () => {} }
  const { after } = effects[2] as AppliedEffect
  const { source_ref, ...said } = JSON.parse(after ?? '')
  const lines = JSON.stringify(said)
  const pack = { table_name: 'grants', op: 'insert', usual: { source_ref, entitlement_id: newId() } }
  for (const none of ['{"id"', 'null', '\n\n{']) {
    expect(
      await arrive(data, [...effects, { ...pack, lines: Buffer.from(`${lines}\n${none}`) }], pace),
    ).toBeUndefined()
  }
  expect(held(view).every((count) => count === 0)).toBe(true)
  const others = effects.filter((_, n) => n !== 2)
  const left = await arrive(data, [...others, { ...pack, lines: Buffer.from(`\n${lines}\n`) }], pace)
  applyChange(data, left?.effects ?? [], { ...place, revision: 2 })
  const found = view.grants(people[0] ?? '', (of) => of === target)
  expect(found.map(({ source_ref }) => source_ref)).toEqual(['file', 'file'])
})
