import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { printed, titles } from './print-report.ts'
import type { Report } from './report.ts'

const folder = join(import.meta.dirname, '../../docs/reference')
const page = readFileSync(join(folder, 'benchmark.md'), 'utf8')
const report = JSON.parse(readFileSync(join(folder, 'benchmark.json'), 'utf8')) as Report

test('S003-34 checks on a stream took less than 100 ms at p99 at the gRPC client under load, when last measured', () => {
  expect(report.halfLoadStream.count).toBeGreaterThan(1000)
  expect(report.halfLoadStream.p99Ms).toBeLessThan(100)
})

test('the benchmark’s page shows the figures as they are printed now', () => {
  expect(page).toContain(printed(report))
})

test('every row is measured, and explained in its order', () => {
  expect(report.rows.map(({ name }) => titles[name])).toEqual(Object.values(titles))
  const explained = [...page.matchAll(/^- \*\*(.+?)\*\*:/gm)].map(([, title]) => title)
  expect(explained).toEqual(Object.values(titles))
})
