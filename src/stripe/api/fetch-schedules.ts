import type { Stripe } from 'stripe'
import type { Schedule } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { listAll, pages } from './pages.ts'
import { given, givenMs, idOf, ms, readSold } from './read-sold.ts'

export type ScheduleSeen = { readonly customer: string; readonly schedule: Schedule }

const expand = ['data.phases.items.price']

export async function fetchSchedules({ gate, stripe }: Connection, customer: string): Promise<Schedule[]> {
  const found = await listAll(gate, 'subscription_schedules.list', (cursor) =>
    stripe.subscriptionSchedules.list({ customer, expand, ...cursor }),
  )
  return found.map(readSchedule)
}

/** All of the account, page by page, the newest first. Throws StripeFailure. */
export async function* allSchedules({ gate, stripe }: Connection): AsyncGenerator<readonly ScheduleSeen[]> {
  const found = pages(gate, 'subscription_schedules.list', (cursor) =>
    stripe.subscriptionSchedules.list({ expand, ...cursor }),
  )
  for await (const page of found)
    yield page.map((each) => ({ customer: idOf(each.customer) ?? '', schedule: readSchedule(each) }))
}

function readSchedule(schedule: Stripe.SubscriptionSchedule): Schedule {
  return {
    id: schedule.id,
    status: schedule.status,
    ...given('subscription', idOf(schedule.subscription)),
    ...givenMs('current_end', schedule.current_phase?.end_date),
    phases: schedule.phases.map((phase) => ({
      starts_at: ms(phase.start_date),
      ends_at: ms(phase.end_date),
      items: phase.items.map((item) => readSold(item.price, item.quantity)),
    })),
  }
}
