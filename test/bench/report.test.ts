import { expect, test } from 'vitest'
import { percentile } from './percentile.ts'
import { rowsOf, typical } from './report.ts'
import type { Sample } from './rounds.ts'
import { targetsOf } from './targets.ts'

const sample = (cpuUs: number): Sample => ({ cpuUs, checksPerSecond: 1, serverShare: 1, loadShare: 0 })
const none = {
  opa: [],
  unary: [],
  stream: [],
  batch: [],
  ext_authz: [],
  'ext_authz-many': [],
  'forward-auth': [],
  authzen: [],
  data: [],
  'in-process': [],
  policy: [],
}

test('a percentile is a value that was measured, by nearest rank', () => {
  const values = [4, 1, 3, 2]
  expect([0, 0.5, 0.75, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 2, 3, 4, 4])
  expect(percentile([], 0.5)).toBeNaN()
})

test('a ratio compares what was measured in the same round', () => {
  const opa = [100, 200, 1000].map(sample)
  const stream = [10, 20, 100].map(sample)
  const [first, second] = rowsOf({ ...none, opa, stream })
  expect(first).toMatchObject({ name: 'opa', cpuUs: 200 })
  expect(first).not.toHaveProperty('toOpa')
  expect(second).toMatchObject({ name: 'stream', cpuUs: 20, cpuUsLeast: 10, cpuUsMost: 100, toOpa: 0.1 })
})

test('many routes are compared with few of the same round', () => {
  const few = [100, 200, 1000].map(sample)
  const many = [101, 208, 990].map(sample)
  const [, row] = rowsOf({ ...none, ext_authz: few, 'ext_authz-many': many })
  expect(row).toMatchObject({ name: 'ext_authz-many', toFewRoutes: 1.01 })
})

test('without OPA there are rows and no ratios', () => {
  const rows = rowsOf({ ...none, unary: [sample(5)] })
  expect(rows).toHaveLength(1)
  expect(rows[0]).not.toHaveProperty('toOpa')
})

test('one round with a busy neighbour does not decide the half load', () => {
  const rounds = [1, 90, 2].map((ms) => ({
    ratePerSecond: 5,
    waitedShare: ms / 100,
    p50Ms: ms,
    p99Ms: 2 * ms,
    count: 10,
  }))
  expect(typical(rounds)).toEqual({ ratePerSecond: 5, waitedShare: 0.02, p50Ms: 2, p99Ms: 4, count: 30 })
})

test('a target is met or missed by the figures alone', () => {
  const spread = (p99Ms: number) => ({ p50Ms: 1, p99Ms, count: 1 })
  const rows = rowsOf({ ...none, opa: [sample(100)], unary: [sample(50)], stream: [sample(20)] })
  const freshness = { atLeast: spread(50), polled: spread(51), sent: spread(1) }
  const targets = targetsOf({
    date: '2026-11-21',
    rounds: { count: 1, seconds: 1 },
    machine: { cpu: '', cores: 2, node: '', opa: '' },
    questions: { count: 1, allowed: 1 },
    rows,
    halfLoad: { ratePerSecond: 1, waitedShare: 0, ...spread(6) },
    halfLoadStream: { ratePerSecond: 1, waitedShare: 0, ...spread(5) },
    freshness,
    notes: [],
  })
  expect(targets.map(({ measured, met }) => [measured, met])).toEqual([
    ['0.200', true],
    ['0.500', false],
    ['6.00 ms', false],
    ['5.00 ms', true],
    ['50.00 ms', true],
    ['51.00 ms', false],
  ])
})
