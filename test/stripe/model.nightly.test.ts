import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyHistory } from './histories.ts'
import { live, openModelShop } from './live.ts'

const runs = Number(process.env.STRIPE_HISTORIES ?? 10_000)
const eachDatabase = 500

test(
  'F42 S001-33 S002-41 ten thousand histories end with the rights of the model',
  async () => {
    const { seed = 0 } = fc.readConfigureGlobal() ?? {}
    for (let done = 0; done < runs; done += eachDatabase) {
      const shop = await openModelShop()
      await fc.assert(
        fc.asyncProperty(anyHistory, (history) => live(shop, history)),
        { numRuns: Math.min(eachDatabase, runs - done), seed: seed + done },
      )
    }
    expect(runs).toBeGreaterThan(0)
  },
  6 * 3_600_000,
)
