import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { linesBackwards } from '#journal/lines-backwards.ts'
import { readDenials } from '#journal/read-denials.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'vouchsafe-denials-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const all = async (path: string, bytes: number) => {
  const lines: string[] = []
  for await (const line of linesBackwards(path, { bytes })) lines.push(line)
  return lines
}

test('whole lines come last first, whatever their lengths; what is being written is left out', async () => {
  const path = join(folder(), 'lines')
  const line = fc
    .string({ minLength: 1, maxLength: 20 })
    .map((text) => text.replaceAll(/[\n\r]/g, 'é') || 'x')
  const wide = fc.integer({ min: 1, max: 400_000 }).map((length) => 'ü'.repeat(length))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 20, arbitrary: line }, wide), { maxLength: 30 }),
      line,
      async (lines, tail) => {
        writeFileSync(path, lines.map((each) => `${each}\n`).join('') + tail)
        expect(await all(path, Number.MAX_SAFE_INTEGER)).toEqual(lines.toReversed())
      },
    ),
    { numRuns: 60 },
  )
})

test('a file that is not there has no lines; a budget ends the reading', async () => {
  const path = join(folder(), 'lines')
  expect(await all(path, 100)).toEqual([])
  writeFileSync(path, 'x\n'.repeat(300_000))
  expect((await all(path, 1)).length).toBeLessThan(200_000)
})

const entry = (id: string, tenant: string, allowed: boolean) =>
  `${JSON.stringify({ decision_id: id, at: new Date(1_700_000_000_000).toISOString(), tenant, caller: 'c', principal: 'p', question: 'q', result: { allowed, reasons: [] } })}\n`

test('rotated files are read on, junk is passed over, others’ lines and allowed ones are not given', async () => {
  const path = join(folder(), 'journal')
  writeFileSync(`${path}.1`, entry('a', 'mine', false) + entry('b', 'theirs', false))
  writeFileSync(path, `${entry('c', 'mine', true)}{"allowed":false,"mine\n${entry('d', 'mine', false)}`)
  const ids = async (limit: number, after?: string) =>
    (await readDenials(path, { tenant: 'mine' }, limit, after)).denials.map(({ decision_id }) => decision_id)
  expect(await ids(10)).toEqual(['d', 'a'])
  expect(await ids(1)).toEqual(['d'])
  expect(await ids(1, 'd')).toEqual(['a'])
  expect(await ids(10, 'a')).toEqual([])
  // Another tenant's decision is no place to go on from.
  expect(await ids(10, 'b')).toEqual([])
  expect((await readDenials(path, { tenant: 'mine', kind: 'DownloadDeniedEntitlement' }, 9)).denials).toEqual(
    [],
  )
})
