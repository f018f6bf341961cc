import { expect, test } from 'vitest'
import { newId } from '#postgres/uuid.ts'

test('ids of one millisecond are ordered as they were made, and tell the time', () => {
  const at = Date.UTC(2026, 10, 21)
  const ids = Array.from({ length: 100 }, () => newId(at))
  expect(ids).toEqual([...new Set(ids)].sort())
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(ids[0]?.replaceAll('-', '').slice(0, 12) ?? '', 16)).toBe(at)
})

test('more than a millisecond has room for are ordered too, and so are those of the next', () => {
  const at = Date.UTC(2026, 10, 22)
  const made = (now: number) => Array.from({ length: 10_000 }, () => newId(now))
  const ids = [...made(at), ...made(at + 1), ...made(at + 9)]
  expect(ids).toEqual([...new Set(ids)].sort())
})
