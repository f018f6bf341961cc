import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStand, type Stand } from './stand.ts'

let stand: Stand
beforeAll(async () => {
  stand = await openStand()
})
afterAll(() => stand.drop())

test('F55 it stops at any moment: while connecting, while loading, while following', async () => {
  for (let round = 0; round < 20; round++) {
    const started = await stand.start()
    if (round % 3 === 1) await started.snapshot.refresh(5000)
    if (round % 3 === 2) started.wake()
    await started.stop()
    expect(await started.snapshot.refresh(1).catch((error: Error) => error.name)).toBe('AppError')
  }
})
