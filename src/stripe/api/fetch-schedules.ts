import type { Schedule } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { listAll } from './pages.ts'
import { given, givenMs, idOf, ms, readSold } from './read-sold.ts'

export async function fetchSchedules({ gate, stripe }: Connection, customer: string): Promise<Schedule[]> {
  const found = await listAll(gate, 'subscription_schedules.list', (cursor) =>
    stripe.subscriptionSchedules.list({ customer, expand: ['data.phases.items.price'], ...cursor }),
  )
  return found.map((schedule) => ({
    id: schedule.id,
    status: schedule.status,
    ...given('subscription', idOf(schedule.subscription)),
    ...givenMs('current_end', schedule.current_phase?.end_date),
    phases: schedule.phases.map((phase) => ({
      starts_at: ms(phase.start_date),
      ends_at: ms(phase.end_date),
      items: phase.items.map((item) => readSold(item.price, item.quantity)),
    })),
  }))
}
