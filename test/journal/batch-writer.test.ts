import { expect, test } from 'vitest'
import { createBatchWriter } from '#journal/batch-writer.ts'
import { memorySink, parts } from './fixtures.ts'

function start(settings: { maxEntries?: number; intervalMs?: number } = {}) {
  const { sink, state } = memorySink()
  const made = parts()
  const writer = createBatchWriter<string>({ ...made, name: 'test', sink, ...settings }, (entry) => entry)
  return { ...made, state, writer }
}

test('writes in batches and in order', async () => {
  const { writer, state } = start()
  const entries = Array.from({ length: 1234 }, (_, number) => `n${number}`)
  for (const entry of entries) writer.push(entry, 1)
  expect(state.writes).toBe(0)
  await writer.flush()
  expect(state.text).toBe(entries.map((entry) => `${entry}\n`).join(''))
  expect(state.writes).toBe(3)
})

test('a full batch does not hold up the decisions that wait meanwhile', async () => {
  let decided = false
  const { sink } = memorySink()
  const seen: boolean[] = []
  const writer = createBatchWriter<string>({ ...parts(), name: 'test', sink }, (entry) => {
    seen.push(decided)
    return entry
  })
  for (let number = 0; number < 500; number++) writer.push('a', 1)
  setImmediate(() => {
    decided = true
  })
  await writer.flush()
  expect([seen.at(0), seen.at(-1)]).toEqual([false, true])
})

test('writes by itself after a while', async () => {
  const { writer, state } = start({ intervalMs: 1 })
  writer.push('a', 1)
  await expect.poll(() => state.text).toBe('a\n')
  await writer.close()
})

test('F47 F48 a failing sink is tried again, loses nothing that fits, and is logged once', async () => {
  const { writer, state, counts, lines } = start({ maxEntries: 4 })
  state.mode = 'failing'
  for (const entry of ['a', 'b']) writer.push(entry, 1)
  for (let attempt = 0; attempt < 3; attempt++) await writer.flush()
  for (const entry of ['c', 'd', 'e', 'f', 'lost']) writer.push(entry, 1)
  await writer.flush()
  expect(state.text).toBe('')
  expect(lines).toHaveLength(1)
  state.mode = 'good'
  await writer.flush()
  expect(state.text).toBe('a\nb\nc\nd\ne\nf\n')
  expect(counts).toEqual({ 'test failed': 4, 'test dropped': 1 })
})

test('F48 a sink that hangs does not hold up anyone, and what is lost at the end is counted', async () => {
  const { writer, state, counts } = start({ maxEntries: 5 })
  state.mode = 'hanging'
  writer.push('a', 1)
  void writer.flush()
  for (let number = 0; number < 10; number++) writer.push('b', 1)
  expect(counts).toEqual({ 'test dropped': 5 })
  await writer.close()
  expect(counts).toEqual({ 'test dropped': 10 })
})

test('closing writes what is held, then closes the sink', async () => {
  const { writer, state, counts } = start()
  writer.push('a', 1)
  const flushing = writer.flush()
  writer.push('b', 1)
  await writer.close()
  await flushing
  expect(state).toMatchObject({ text: 'a\nb\n', closed: true })
  expect(counts).toEqual({})
})

test('closing a failing sink counts what is lost', async () => {
  const { writer, state, counts } = start()
  state.mode = 'failing'
  writer.push('a', 1)
  await writer.flush()
  writer.push('b', 1)
  await writer.close()
  expect(counts['test dropped']).toBe(2)
})
