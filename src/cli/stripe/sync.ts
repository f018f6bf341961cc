import { toJson } from '@bufbuild/protobuf'
import { connected } from '#cli/connected.ts'
import { exitCodes } from '#cli/exit.ts'
import { grouped } from '#cli/import/progress-line.ts'
import {
  StripeService,
  type SyncCustomersResponse,
  SyncCustomersResponseSchema,
} from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { createShowLine } from './show-line.ts'
import type { SyncOptions } from './stripe.ts'

/** Exit code 1 where customers were given up. */
export async function sync({ tenant, account, customer, json }: SyncOptions): Promise<void> {
  const line = createShowLine()
  const last = await connected(async (client) => {
    let latest: SyncCustomersResponse | undefined
    for await (const answer of client.stream(StripeService.method.syncCustomers)({
      tenant,
      account,
      customer,
    })) {
      latest = answer
      line.show(
        `${grouped(answer.compared)} compared · ${grouped(answer.waiting)} wait · ${grouped(answer.dead)} given up`,
      )
    }
    return latest
  })
  line.clear()
  if (last === undefined) return
  if (customer === '' && last.dead > 0) process.exitCode = exitCodes.denied
  process.stdout.write(
    `${json ? JSON.stringify(toJson(SyncCustomersResponseSchema, last)) : customer === '' ? allText(last) : oneText(last)}\n`,
  )
}

function oneText({ customer, outcome, alerts }: SyncCustomersResponse): string {
  const notes = alerts.map((alert) => `\n  ! ${alert}`).join('')
  if (outcome === 'unbound') {
    return `${customer} stands for nobody yet: bind it with "vouchsafe stripe bind-customer ${customer}".${notes}`
  }
  return `${customer} is as Stripe says.${notes}`
}

function allText({ compared, waiting, unbound, dead }: SyncCustomersResponse): string {
  return [
    `Compared with Stripe: ${grouped(compared)}.`,
    ...(waiting > 0 ? [`Customers that wait still, and are tried again: ${grouped(waiting)}.`] : []),
    ...(unbound > 0
      ? [`Customers that stand for nobody yet: ${grouped(unbound)}. See "vouchsafe stripe inbox".`]
      : []),
    ...(dead > 0 ? [`Customers that were given up: ${grouped(dead)}. See "vouchsafe stripe inbox".`] : []),
  ].join('\n')
}
