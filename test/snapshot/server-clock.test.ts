import fc from 'fast-check'
import { expect, test } from 'vitest'
import { largestSlip, ServerClock, stepPatience } from '#snapshot/server-clock.ts'

const hour = 3_600_000
const start = Date.UTC(2026, 10, 21)

/** Time as it is, and two clocks that may be wrong: the machine's and the database's. */
function world() {
  let elapsed = 0
  const skew = { wall: 0, server: 0 }
  const said: { readonly message: string; readonly fields: object }[] = []
  const gauges = { offset: 0, step: 0 }
  const note = (fields: object, message: string) => void said.push({ fields, message })
  const clock = new ServerClock({
    wall: () => start + elapsed + skew.wall,
    monotonic: () => elapsed,
    log: { warn: note, error: note },
    metrics: {
      clockOffset(seconds) {
        gauges.offset = seconds
      },
      clockStep(seconds) {
        gauges.step = seconds
      },
    },
  })
  const time = () => start + elapsed
  function pass(ms: number) {
    elapsed += ms
  }
  /** A round trip: `there` ms to the server and `back`. */
  function read(there = 1, back = 1) {
    const before = elapsed
    pass(there)
    const server = time() + skew.server
    pass(back)
    clock.observe({ server, before, after: elapsed })
  }
  /** A reading a second, for that long. */
  function follow(ms: number) {
    for (let passed = 0; passed < ms; passed += 1000) {
      pass(998)
      read()
    }
  }
  return { clock, skew, said, gauges, pass, time, read, follow }
}

test('F21 before the first reading it is the machine’s clock, from then on the database’s', () => {
  for (const skew of [-5 * 60_000, 0, 5 * 60_000]) {
    const { clock, skew: by, time, read, gauges, said } = world()
    by.wall = skew
    expect(clock.now()).toBe(time() + skew)
    read()
    expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(2)
    expect(gauges.offset).toBeCloseTo(-skew / 1000, 1)
    expect(said).toHaveLength(skew === 0 ? 0 : 1)
    read()
    expect(said).toHaveLength(skew === 0 ? 0 : 1)
  }
})

test('F22 whatever is done to the machine’s clock, at whatever time, the time of decisions does not notice', () => {
  const event = fc.oneof(
    fc.record({ wall: fc.constantFrom(-hour, 24 * hour, 5 * 60_000, -400 * 24 * hour, 1) }),
    fc.record({ pass: fc.integer({ min: 0, max: 120_000 }) }),
    fc.record({ there: fc.integer({ min: 0, max: 300 }), back: fc.integer({ min: 0, max: 300 }) }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { clock, skew, time, pass, read, gauges } = world()
      read(100, 100)
      let latest = clock.now()
      for (const each of events) {
        if ('wall' in each) skew.wall += each.wall
        else if ('pass' in each) pass(each.pass)
        else read(each.there, each.back)
        const now = clock.now()
        expect(now).toBeGreaterThanOrEqual(latest)
        expect(Math.abs(now - time())).toBeLessThanOrEqual(102)
        expect(gauges.step).toBe(0)
        latest = now
      }
    }),
    { numRuns: 300 },
  )
})

test('F21 each reading narrows what is not known, and a lopsided one moves nothing that was known better', () => {
  const { clock, time, read } = world()
  read(0, 400)
  expect(Math.abs(clock.now() - time())).toBeGreaterThan(100)
  read(0, 1)
  expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(2)
  read(0, 4000)
  read(4000, 0)
  expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(2)
})

test('F22 for a slip back of the database’s clock it stands still, for one forward it goes along', () => {
  const { clock, skew, time, pass, read, said } = world()
  read()
  const before = clock.now()
  skew.server = -largestSlip + 10
  read()
  expect(clock.now() - before).toBeLessThanOrEqual(2)
  const standing = clock.now()
  pass(1000)
  expect(clock.now()).toBe(standing)
  pass(largestSlip)
  expect(Math.abs(clock.now() - time() - skew.server)).toBeLessThanOrEqual(3)
  skew.server = 0
  read()
  expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(3)
  expect(said).toEqual([])
})

test('F22 a step of the database’s clock that does not last closes and opens nothing, and is told', () => {
  const { clock, skew, time, follow, said, gauges } = world()
  follow(2000)
  for (const step of [24 * hour, -hour]) {
    said.length = 0
    skew.server = step
    follow(stepPatience - 2000)
    expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(3)
    expect(gauges.step).toBeCloseTo(step / 1000, 0)
    expect(said.map(({ message }) => message)).toContainEqual(expect.stringContaining('was set'))
    skew.server = 0
    follow(1000)
    expect(gauges.step).toBe(0)
  }
})

test('F22 a step forward that lasts is followed, as after a sleep; undone, the time goes back with it', () => {
  const { clock, skew, time, follow } = world()
  follow(2000)
  skew.server = 24 * hour
  follow(stepPatience + 2000)
  expect(Math.abs(clock.now() - time() - 24 * hour)).toBeLessThanOrEqual(3)
  skew.server = 0
  follow(stepPatience + 2000)
  expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(3)
})

test('F22 a step back is never followed below what it was: what has ended does not come back', () => {
  const { clock, skew, time, follow, gauges } = world()
  follow(2000)
  skew.server = -hour
  follow(10 * stepPatience)
  expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(3)
  expect(gauges.step).toBeCloseTo(-3600, 0)
})

test('F22 steps that follow one another are each waited for', () => {
  const { clock, skew, time, follow } = world()
  follow(2000)
  for (let n = 1; n <= 10; n++) {
    skew.server = n * hour
    follow(stepPatience - 2000)
  }
  expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(3)
})
