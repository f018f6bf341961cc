import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { splitFields } from '#cli/import/csv.ts'
import { readLines } from '#cli/import/lines.ts'
import { progressLine } from '#cli/import/progress-line.ts'
import { type Format, type ImportRecord, readRecords } from '#cli/import/records.ts'
import { openRejects } from '#cli/import/rejects.ts'
import { readSlices } from '#cli/import/slices.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
function fileOf(text: string | Buffer): string {
  const file = join(folder, `${files++}`)
  writeFileSync(file, text)
  return file
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const start = { bytes: 0, lines: 0 }
const records = (text: string | Buffer, format: Format, from = start) =>
  all(readRecords(fileOf(text), format, from))

test('any record leads to the place after it: going on there gives the rest', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'ü', ',', '"', '\n', ' ', '😀') })
  const row = fc.record({ sub: fc.constant('x'), email: field, reason: field })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), fc.boolean(), async (rows, ends) => {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
      const texts: readonly (readonly [Format, string])[] = [
        ['ndjson', rows.map((each) => JSON.stringify(each)).join('\n')],
        [
          'csv',
          ['sub,email,reason', ...rows.map((each) => Object.values(each).map(quoted).join(','))].join('\n'),
        ],
      ]
      for (const [format, text] of texts) {
        const file = fileOf(text + (ends ? '\n' : ''))
        const found = await all(readRecords(file, format, start))
        const values = found.map((each) => ('value' in each ? each.value : each))
        const without = rows.map((each) =>
          format === 'csv'
            ? Object.fromEntries(Object.entries(each).filter(([, value]) => value !== ''))
            : each,
        )
        expect(values).toEqual(without)
        for (const [at, { bytes, lines }] of found.entries()) {
          expect(await all(readRecords(file, format, { bytes, lines }))).toEqual(found.slice(at + 1))
        }
      }
    }),
    { numRuns: 15 },
  )
})

const problems = (found: readonly ImportRecord[]) =>
  found.map((each) => ('problem' in each ? `${each.line}: ${each.problem}` : each.value))

test('what is no record is told by its line, and the next one is read', async () => {
  const bad = Buffer.concat([
    Buffer.from('{"sub":"a"}\n\n{\n'),
    Buffer.from([0xff, 10]),
    Buffer.from('{"sub":"b"}\r\n'),
  ])
  expect(problems(await records(bad, 'ndjson'))).toEqual([
    { sub: 'a' },
    '3: It is no JSON.',
    '4: It is no UTF-8, or longer than 1 MiB.',
    { sub: 'b' },
  ])
  const long = `${'x'.repeat(3 * 1024 * 1024)}\n{"sub":"c"}\n`
  expect(problems(await records(long, 'ndjson'))).toEqual([
    '1: It is no UTF-8, or longer than 1 MiB.',
    { sub: 'c' },
  ])
  expect(problems(await records('\ufeffsub,value\na,7\nb\nc,"x\n', 'csv'))).toEqual([
    { sub: 'a', value: 7 },
    '3: It has 1 fields, not 2.',
    '4: It is no CSV.',
  ])
  await expect(records('', 'csv')).rejects.toThrow('begins with the names of its columns')
})

test.each([
  ['a,b', ['a', 'b']],
  ['"a,""b""",', ['a,"b"', '']],
  ['', ['']],
  ['a"b,c', undefined],
  ['"a"b', undefined],
])('the fields of %s', (text, fields) => {
  expect(splitFields(text)).toEqual(fields)
})

test('lines are counted as they are, whatever the size of the pieces', async () => {
  const text = Array.from({ length: 30_000 }, (_, n) => `line ${n} ${'é'.repeat(n % 90)}`).join('\n')
  const lines = await all(readLines(fileOf(text)))
  expect(lines.map(({ text: each }) => each).join('\n')).toBe(text)
  expect(lines.at(-1)).toMatchObject({ line: 30_000, bytes: Buffer.byteLength(text) })
})

const defaults = { source: 'backfill', source_ref: 'file', reason: 'why' } as const
const slices = (text: string) => all(readSlices(fileOf(text), 'ndjson', start, defaults))

test.each([
  [{ iss: 'i', sub: 's', entitlement: 'a', product: 'b' }, 'A right names one of'],
  [{ iss: 'i', entitlement: 'a' }, 'Say who it is'],
  [{ subject: 'sub_x', entitlement: 'a' }, 'is no subject’s id'],
  [{ iss: 'i', sub: 'a b' }, 'visible ASCII'],
  [{ iss: 'i', sub: 's', entitlment: 'a' }, 'There is no field "entitlment"'],
  [{ iss: 'i', sub: 's', rights: [{ entitlement: 'a', ends: 1 }] }, 'A right has no field "ends"'],
  [{ iss: 'i', sub: 's', rights: {} }, '"rights" is no list'],
  [{ iss: 'i', sub: 's', rights: [], entitlement: 'a' }, 'belongs into a right'],
  [{ iss: 'i', sub: 's', entitlement: 'A B' }, 'There is no entitlement "A B"'],
  [{ iss: 'i', sub: 's', entitlement: 'a', starts_at: 'soon' }, '"starts_at" is no ISO 8601 time'],
  [{ iss: 'i', sub: 's', entitlement: 'a', ends_at: '9999999-01-01' }, '"ends_at" is no ISO 8601 time'],
  [
    { iss: 'i', sub: 's', entitlement: 'a', starts_at: '2030-01-01', ends_at: '2029-01-01' },
    'ends after it starts',
  ],
  [{ iss: 'i', sub: 's', entitlement: 'a', source: 'stripe' }, 'A source is one of'],
  [{ iss: 'i', sub: 's', entitlement: 'a', access: 'none' }, 'access is full or read_only'],
  [{ iss: 'i', sub: 's', entitlement: 'a', reason: 'x\u0000' }, 'is no proper text'],
  [{ iss: 'i', sub: 7 }, '"sub" is no text'],
  ['text', 'It is no object'],
])('%s is refused, and says why', async (value, said) => {
  const [slice] = await slices(JSON.stringify(value))
  expect(slice).toMatchObject({ people: [], refused: [{ line: 1, reason: expect.stringContaining(said) }] })
})

test('a slice stays below what a running server reads as one change', async () => {
  const person = (n: number) => ({ iss: 'i', sub: `s${n}`, rights: Array(5).fill({ entitlement: 'a' }) })
  const found = await slices(Array.from({ length: 8000 }, (_, n) => JSON.stringify(person(n))).join('\n'))
  expect(found.length).toBeGreaterThan(3)
  for (const { people } of found) {
    expect(people.length * 7).toBeLessThanOrEqual(8000)
    expect(people[0]?.rights[0]).toMatchObject({ source: 'backfill', source_ref: 'file', reason: 'why' })
  }
  expect(found.flatMap(({ people }) => people)).toHaveLength(8000)
})

test('the file of rejects holds each once, also where the import went on or tried again', async () => {
  const file = join(folder, 'rejects')
  const first = await openRejects(file, undefined)
  const slice = [
    { line: 2, reason: 'a' },
    { line: 2, reason: 'b' },
  ]
  first.add(slice)
  first.add(slice)
  first.add([{ line: 9, reason: 'c' }])
  // The slice of line 9 is under way already, and tried again.
  first.done(2)
  first.add([{ line: 9, reason: 'c' }])
  first.close()
  appendFileSync(file, '{"line":1')
  const second = await openRejects(file, 5)
  second.add([
    { line: 7, reason: 'd' },
    { line: 9, reason: 'c' },
  ])
  second.close()
  const reasons = () =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each).reason)
  expect(reasons()).toEqual(['a', 'b', 'c', 'd'])
  const anew = await openRejects(file, undefined)
  anew.add([{ line: 1, reason: 'e' }])
  anew.close()
  expect(reasons()).toEqual(['e'])
})

test('progress says how far, how fast and how long', () => {
  const moment = {
    bytes: 500,
    of: 1000,
    lines: 1234,
    added: 6000,
    rejected: 1,
    seconds: 10,
    before: { bytes: 0, added: 1000 },
  }
  expect(progressLine(moment, true)).toBe(
    '[############            ] 50 %  1 234 lines · 6 000 rights · 500 a second · 0:10 left · 1 rejected',
  )
  expect(progressLine({ ...moment, bytes: 0, seconds: 0 }, false)).toContain('– left')
})
