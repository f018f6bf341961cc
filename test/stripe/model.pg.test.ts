import fc from 'fast-check'
import { test } from 'vitest'
import { anyHistory, knownHistories } from './histories.ts'
import { live, openModelShop } from './live.ts'

test('F42 S001-33 S002-41 whatever happens, to whatever news of it: the rights in the end are those of the model', async () => {
  const shop = await openModelShop()
  await fc.assert(
    fc.asyncProperty(anyHistory, (history) => live(shop, history)),
    { numRuns: 100, examples: knownHistories.map((history) => [history]) },
  )
}, 300_000)
