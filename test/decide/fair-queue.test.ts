import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFairQueue } from '#decide/fair-queue.ts'

/** Works that end when they are told to, and what has begun and ended. */
function desk(bounds: Parameters<typeof createFairQueue>[0]) {
  const queue = createFairQueue(bounds)
  const events: string[] = []
  const open = new Map<string, (failed?: Error) => void>()
  const ask = (tenant: string, name = tenant) => {
    const done = queue(tenant, () => {
      events.push(`${name} begins`)
      return new Promise<string>((resolve, reject) => {
        open.set(name, (failed) => (failed ? reject(failed) : resolve(name)))
      })
    })
    done?.then(
      () => events.push(`${name} ends`),
      () => events.push(`${name} fails`),
    )
    return done
  }
  const end = async (name: string, failed?: Error) => {
    open.get(name)?.(failed)
    open.delete(name)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ask, end, events, open }
}

test('one tenant’s many wait behind another’s one', async () => {
  const { ask, end, events } = desk({ most: 16, atOnce: 1 })
  for (const name of ['a1', 'a2', 'a3', 'a4']) void ask('a', name)
  void ask('b')
  void ask('c')
  for (const name of ['a1', 'b', 'c', 'a2', 'a3']) await end(name)
  expect(events.filter((each) => each.endsWith('begins'))).toEqual([
    'a1 begins',
    'b begins',
    'c begins',
    'a2 begins',
    'a3 begins',
    'a4 begins',
  ])
})

test('several tenants are under way at once, each with one', async () => {
  const { ask, end, open } = desk({ most: 16, atOnce: 2 })
  for (const tenant of ['a', 'b', 'c']) for (const n of [1, 2]) void ask(tenant, `${tenant}${n}`)
  expect([...open.keys()]).toEqual(['a1', 'b1'])
  await end('b1')
  expect([...open.keys()]).toEqual(['a1', 'c1'])
  await end('a1')
  expect([...open.keys()]).toEqual(['c1', 'b2'])
})

test('each tenant has a bound of its own, and a place again when one has ended, well or not', async () => {
  const { ask, end, events } = desk({ most: 2, atOnce: 1 })
  const first = ask('a', 'a1')
  void ask('a', 'a2')
  expect(ask('a', 'a3')).toBeUndefined()
  expect(ask('b')).toBeDefined()
  const failed = expect(first).rejects.toThrow('no data')
  await end('a1', new Error('no data'))
  await failed
  expect(ask('a', 'a4')).toBeDefined()
  for (const name of ['b', 'a2', 'a4']) await end(name)
  expect(events.slice(-2)).toEqual(['a4 begins', 'a4 ends'])
})

test('whatever is asked and ended in whatever order: none is lost, each tenant has one under way, in its order', async () => {
  const tenants = fc.constantFrom('a', 'b', 'c', 'd')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(tenants, fc.nat(3)), { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, atOnce) => {
        const { ask, end, events, open } = desk({ most: 4, atOnce })
        const asked: string[] = []
        for (const [n, step] of steps.entries()) {
          if (typeof step === 'number') await end([...open.keys()][step % Math.max(open.size, 1)] ?? '')
          else if (ask(step, `${step}${n}`)) asked.push(`${step}${n}`)
          expect(open.size).toBeLessThanOrEqual(atOnce)
          expect(new Set([...open.keys()].map(([tenant]) => tenant)).size).toBe(open.size)
        }
        while (open.size > 0) await end([...open.keys()][0] ?? '')
        for (const tenant of ['a', 'b', 'c', 'd']) {
          const begun = events.filter((each) => each.startsWith(tenant) && each.endsWith('begins'))
          expect(begun).toEqual(
            asked.filter((each) => each.startsWith(tenant)).map((each) => `${each} begins`),
          )
        }
      },
    ),
    { numRuns: 100 },
  )
})
