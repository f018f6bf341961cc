import type { Events } from './events.ts'
import type { Store } from './store.ts'
import type { Line } from './subscriptions.ts'

export type PhaseOptions = { readonly starts: number; readonly ends: number; readonly lines: readonly Line[] }

/** Plans of what a subscription will consist of. Times are epoch milliseconds. */
export function createSchedules(store: Store, { emit }: Events) {
  const end = (id: string, status: string, fields: Readonly<Record<string, unknown>>): void =>
    emit(
      `subscription_schedule.${status}`,
      Object.assign(store.get('subscription_schedule', id), { status }, fields),
    )
  return {
    schedule: (customer: string, phases: readonly PhaseOptions[], subscription?: string): string => {
      const id = store.newId('sub_sched')
      const made = store.add({
        id,
        object: 'subscription_schedule',
        created: store.seconds(),
        billing_mode: { type: 'flexible' },
        canceled_at: null,
        completed_at: null,
        current_phase: subscription ? windowOf(phases[0]) : null,
        customer,
        default_settings: {
          billing_cycle_anchor: 'automatic',
          invoice_settings: { issuer: { type: 'self' } },
        },
        end_behavior: 'release',
        livemode: store.livemode,
        metadata: {},
        phases: phases.map((phase) => ({
          add_invoice_items: [],
          currency: 'usd',
          discounts: [],
          start_date: Math.floor(phase.starts / 1000),
          end_date: Math.floor(phase.ends / 1000),
          items: phase.lines.map(({ price, quantity = 1 }) => ({
            discounts: [],
            metadata: {},
            price,
            quantity,
          })),
          proration_behavior: 'create_prorations',
        })),
        released_at: null,
        released_subscription: null,
        status: subscription ? 'active' : 'not_started',
        subscription: subscription ?? null,
      })
      if (subscription) store.get('subscription', subscription).schedule = id
      emit('subscription_schedule.created', made)
      return id
    },
    cancelSchedule: (id: string): void => end(id, 'canceled', { canceled_at: store.seconds() }),
    releaseSchedule: (id: string): void => {
      const { subscription } = store.get('subscription_schedule', id)
      end(id, 'released', {
        released_at: store.seconds(),
        subscription: null,
        released_subscription: subscription,
      })
      if (subscription) store.get('subscription', String(subscription)).schedule = null
    },
    completeSchedule: (id: string): void => end(id, 'completed', { completed_at: store.seconds() }),
  }
}

function windowOf(phase: PhaseOptions | undefined) {
  return phase
    ? { start_date: Math.floor(phase.starts / 1000), end_date: Math.floor(phase.ends / 1000) }
    : null
}
