import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '#postgres/pool.ts'
import { faultProxy } from '#test/postgres/fault-proxy.ts'
import { eventually, openStand, quiet, type Stand } from './stand.ts'

let stand: Stand
beforeAll(async () => {
  stand = await openStand()
})
afterAll(() => stand.drop())

const hour = 3_600_000

test.each([-5 * 60_000, 5 * 60_000, 24 * hour])(
  'F21 on a machine whose clock is %i ms off, the time is the database’s from the first load on',
  async (skew) => {
    const warnings: object[] = []
    const { now, status } = await stand.start({
      wall: () => Date.now() + skew,
      log: { ...quiet, warn: (fields) => void warnings.push(fields) },
    })
    await isDatabaseTime(now)
    expect(Math.round(status().clock_offset_ms / 60_000)).toBe(-skew / 60_000)
    expect(warnings).toHaveLength(1)
  },
)

test('F22 the machine’s clock is set while it runs: neither the time nor the age of the snapshot notices', async () => {
  let skew = 0
  const { now, snapshot, status } = await stand.start({ wall: () => Date.now() + skew })
  for (const step of [-hour, 25 * hour, -400 * 24 * hour]) {
    skew += step
    const latest = now()
    await snapshot.refresh(5000)
    expect(now()).toBeGreaterThanOrEqual(latest)
    await isDatabaseTime(now)
    expect(snapshot.ageMs()).toBeLessThan(hour / 2)
    expect(snapshot.ageMs()).toBeGreaterThanOrEqual(0)
  }
  expect(status().last_error).toBeUndefined()
})

test('F22 with the database away the time runs on, whatever is done to the machine’s clock', async () => {
  let skew = 0
  const proxy = await faultProxy(stand.url)
  const open = () => openPool({ url: proxy.url, max: 3 })
  const { now, status } = await stand.start({ open, wall: () => Date.now() + skew })
  const before = now()
  const started = performance.now()
  proxy.refuse(true)
  proxy.reset()
  await eventually(() => status().last_error !== undefined, 'a poll fails')
  for (const step of [24 * hour, -hour]) {
    skew = step
    expect(Math.abs(now() - before - (performance.now() - started))).toBeLessThan(1000)
  }
  proxy.refuse(false)
  await eventually(() => status().last_error === undefined, 'it is well again')
  await isDatabaseTime(now)
  await proxy.close()
})

/** Asked between two looks at it, and taken from there: no time is assumed. */
async function isDatabaseTime(now: () => number) {
  const before = now()
  const [row] = await stand.sql<{ at: number }[]>`select clock_timestamp() as at`
  const after = now()
  const uncertainty = 1000
  expect(row?.at).toBeGreaterThanOrEqual(before - uncertainty)
  expect(row?.at).toBeLessThanOrEqual(after + uncertainty)
}
