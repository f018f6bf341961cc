import { expect, test } from 'vitest'
import { freshDatabase } from '#test/postgres/database.ts'
import { openShop } from './shop.ts'
import { began, day, item, mapping, state, subscription } from './states.ts'

test('a customer with ten thousand subscriptions is no other than one with one', async () => {
  const database = await freshDatabase()
  try {
    const shop = await openShop(database.sql)
    await shop.bind('cus_1', { subject_id: shop.person })
    await shop.map(mapping('pro', { plan_version_id: shop.targets.pro }))
    const subscriptions = Array.from({ length: 10_000 }, (_, n) =>
      subscription(`sub_${n}`, n === 7 ? 'active' : 'canceled', {
        created: began + n,
        trial_start: began + n,
        trial_end: began + n + 5,
        ...(n !== 7 && { ended_at: began + (n % 20) * day }),
        items: [item('pro', { id: `si_${n}` })],
      }),
    )
    expect(await shop.apply(state({ subscriptions }))).toMatchObject({ bound: true, granted: 1, alerts: [] })
    expect(await shop.has(shop.person)).toEqual(['pro si_7'])
    expect(await shop.apply(state({ subscriptions }))).toMatchObject({ changed: false })
    const [kept] = await database.sql`select count(*)::integer as n from vouchsafe.stripe_subscriptions`
    expect(kept).toEqual({ n: 10_000 })
  } finally {
    await database.drop()
  }
})
