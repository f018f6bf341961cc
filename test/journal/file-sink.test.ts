import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBatchWriter } from '#journal/batch-writer.ts'
import { createFileSink } from '#journal/file-sink.ts'
import { parts } from './fixtures.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vouchsafe-journal-'))
  path = join(folder, 'decisions.jsonl')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('appends, also after a restart, for its owner only', async () => {
  for (const text of ['a\n', 'b\n']) {
    const sink = createFileSink({ path })
    await sink.write(text)
    await sink.close()
  }
  expect(await readFile(path, 'utf8')).toBe('a\nb\n')
  expect((await stat(path)).mode & 0o077).toBe(0)
})

test('a write is on the disk before it counts as done', async () => {
  const handle = await open(folder)
  const sync = vi.spyOn(Object.getPrototypeOf(handle), 'sync')
  await handle.close()
  const sink = createFileSink({ path })
  await sink.write('a\n')
  expect(sync).toHaveBeenCalledOnce()
  await sink.close()
  sync.mockRestore()
})

test('rotates by size and keeps a bounded number of files', async () => {
  const sink = createFileSink({ path, maxBytes: 10, keep: 2 })
  for (const text of ['aaaa\n', 'bbbb\n', 'cccc\n', 'dddd\n', 'eeee\n', 'ffff\n', 'gggg\n'])
    await sink.write(text)
  await sink.close()
  expect((await readdir(folder)).sort()).toEqual([
    'decisions.jsonl',
    'decisions.jsonl.1',
    'decisions.jsonl.2',
  ])
  expect(await readFile(path, 'utf8')).toBe('gggg\n')
  expect(await readFile(`${path}.1`, 'utf8')).toBe('eeee\nffff\n')
  expect(await readFile(`${path}.2`, 'utf8')).toBe('cccc\ndddd\n')
})

test('a batch larger than the size gets a file of its own', async () => {
  const sink = createFileSink({ path, maxBytes: 3 })
  await sink.write('aaaaaaaa\n')
  await sink.write('b\n')
  await sink.close()
  expect(await readFile(`${path}.1`, 'utf8')).toBe('aaaaaaaa\n')
  expect(await readFile(path, 'utf8')).toBe('b\n')
})

test('creates the file anew when it was taken away', async () => {
  const sink = createFileSink({ path, maxBytes: 1 })
  await sink.write('a\n')
  await rm(path)
  await expect(sink.write('b\n')).rejects.toThrow('ENOENT')
  await sink.write('b\n')
  await sink.close()
  expect(await readFile(path, 'utf8')).toBe('b\n')
})

describe('F47 what cannot be written', () => {
  test('rejects, and is written once the fault is gone', async () => {
    await mkdir(path)
    const sink = createFileSink({ path })
    await expect(sink.write('a\n')).rejects.toThrow('EISDIR')
    await rm(path, { recursive: true })
    await sink.write('a\n')
    await sink.close()
    expect(await readFile(path, 'utf8')).toBe('a\n')
  })

  test.skipIf(!existsSync('/dev/full'))(
    'a full disk costs entries, counted, and nobody an error',
    async () => {
      const made = parts()
      const sink = createFileSink({ path: '/dev/full' })
      const writer = createBatchWriter<string>({ ...made, name: 'test', sink }, (entry) => entry)
      expect(() => writer.push('a', 1)).not.toThrow()
      await writer.flush()
      await writer.flush()
      expect(made.counts).toEqual({ 'test failed': 2 })
      expect(made.lines.join()).toContain('a journal cannot be written')
      await writer.close()
      expect(made.counts['test dropped']).toBe(1)
    },
  )

  test.skipIf(process.getuid?.() === 0)('a file without permission rejects', async () => {
    await writeFile(path, '')
    await chmod(path, 0o400)
    await expect(createFileSink({ path }).write('a\n')).rejects.toThrow('EACCES')
  })
})
