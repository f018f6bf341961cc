import type { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCopy } from '#snapshot/copy-rows.ts'
import { Pace } from '#snapshot/pace.ts'
import { openStand, type Stand } from './stand.ts'

let stand: Stand
beforeAll(async () => {
  stand = await openStand()
})
afterAll(() => stand.drop())

test('a COPY of any size is read whole, and its connection answers the next statement', async () => {
  for (let rows = 0; rows < 4000; rows += 37) {
    const seen = await stand.sql.begin(async (tx) => {
      const copy = `copy (select n, repeat('x', n % 97), case when n % 2 = 0 then n end from generate_series(1, ${rows}) n) to stdout (format binary)`
      let count = 0
      await readCopy((await tx.unsafe(copy).readable()) as Readable, 3, new Pace(), (row) => {
        count++
        if (row.bytes.readInt32BE(row.start(0)) !== count) throw new Error('out of order')
        if (row.text(1) !== 'x'.repeat(count % 97) || row.isNull(2) !== (count % 2 === 1))
          throw new Error('wrong')
      })
      await tx`select 1`
      return count
    })
    expect(seen).toBe(rows)
  }
})
