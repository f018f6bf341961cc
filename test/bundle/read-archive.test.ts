import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { archiveLimits } from '#bundle/archive-limits.ts'
import { readArchive } from '#bundle/read-archive.ts'
import { storeGzip } from '#bundle/store-gzip.ts'
import { writeArchive } from '#bundle/write-archive.ts'
import { archiveOf, lyingHeader } from './hostile-archives.ts'

const eightGigabytes = 8 * 1024 ** 3

test('what is written is read, and the same files give the same bytes', async () => {
  const files = new Map([
    ['b/c.json', Buffer.from('{}')],
    ['.manifest', Buffer.from('{"ü":1}')],
  ])
  const bytes = await writeArchive(files)
  expect(new Map(await readArchive(bytes))).toEqual(files)
  expect(await writeArchive(new Map([...files].reverse()))).toEqual(bytes)
})

test('what is stored as gzip inflates to itself', () => {
  const sizes = fc.oneof(fc.nat(300), fc.constantFrom(0, 65_534, 65_535, 65_536, 131_070, 200_000))
  fc.assert(
    fc.property(sizes, fc.nat(255), (size, byte) => {
      const content = Buffer.alloc(size, byte)
      expect(gunzipSync(storeGzip(content)).equals(content)).toBe(true)
    }),
  )
})

test.each([
  '/etc/passwd',
  '../up',
  'a/../../up',
  './a',
  'a//b',
  'a/./b',
  'a\\b',
  '..\\b',
  'C:\\a',
  'C:a',
  '\\\\host\\share',
  'a b',
  'a\u0001',
  'cafe\u0301',
  'caf\u00e9',
  '.hidden',
  'a/.hidden',
  '.',
  '..',
  'a/',
  `${'a/'.repeat(200)}b`,
])('V58 a file named %j is refused', async (name) => {
  await expect(readArchive(await archiveOf([{ name, content: 'x' }]))).rejects.toThrow()
})

test.each([
  ['symlink', { type: 'symlink', linkname: '/etc/passwd' }],
  ['hard link', { type: 'link', linkname: 'policy.wasm' }],
  ['directory', { type: 'directory' }],
  ['character device', { type: 'character-device' }],
  ['block device', { type: 'block-device' }],
  ['fifo', { type: 'fifo' }],
] as const)('V58 a %s is refused', async (_, header) => {
  await expect(readArchive(await archiveOf([{ name: 'a', ...header }]))).rejects.toThrow(/regular/)
})

test('V58 a file of a kind that is not known is refused', async () => {
  await expect(readArchive(lyingHeader('a', 0, '7'))).rejects.toThrow('regular')
  await expect(readArchive(lyingHeader('a', 0, 'Z'))).rejects.toThrow()
})

test.each([
  ['the same', 'a/b'],
  ['another case', 'A/b'],
])('V58 a second file of %s name is refused', async (_, name) => {
  const archive = await archiveOf([
    { name: 'a/b', content: '1' },
    { name, content: '2' },
  ])
  await expect(readArchive(archive)).rejects.toThrow('twice')
})

test('V58 an extended header, which can give another name or size, is refused', async () => {
  const archive = await archiveOf([{ name: 'a', content: 'x', pax: { comment: 'y' } }])
  await expect(readArchive(archive)).rejects.toThrow('extended')
})

test.each([
  ['8 GB', eightGigabytes],
  ['more than a file may have', archiveLimits.fileBytes + 1],
])('V59 a header that claims %s is refused', async (_, size) => {
  await expect(readArchive(lyingHeader('policy.wasm', size))).rejects.toThrow('too large')
})

test('V59 a header that claims more than follows is refused', async () => {
  await expect(readArchive(lyingHeader('policy.wasm', 5_000))).rejects.toThrow()
})

test('V59 an archive that inflates beyond the ratio is refused', async () => {
  await expect(readArchive(gzipSync(Buffer.alloc(32 * 1_048_576)))).rejects.toThrow('too large')
})

test('V59 an archive that inflates beyond the total is refused', async () => {
  const limits = { ...archiveLimits, totalBytes: 4_096 }
  const archive = await archiveOf([{ name: 'a', content: 'x'.repeat(5_000) }])
  await expect(readArchive(archive, limits)).rejects.toThrow('too large')
})

test('V59 more files than allowed are refused', async () => {
  const entries = Array.from({ length: archiveLimits.files + 1 }, (_, i) => ({ name: `f${i}`, content: 'x' }))
  await expect(readArchive(await archiveOf(entries), { ...archiveLimits, ratio: 10_000 })).rejects.toThrow(
    'files',
  )
})

test('V60 bytes after its end are refused, a second archive among them', async () => {
  const archive = await archiveOf([{ name: 'a', content: 'x' }])
  await expect(readArchive(Buffer.concat([archive, Buffer.from('x')]))).rejects.toThrow()
  await expect(readArchive(Buffer.concat([archive, archive]))).rejects.toThrow()
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('bundle')],
  ['an inflated text', gzipSync('bundle')],
])('%s is refused', async (_, bytes) => {
  await expect(readArchive(bytes)).rejects.toThrow()
})
