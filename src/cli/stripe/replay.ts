import { toJson } from '@bufbuild/protobuf'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { ReplayStripeEventsResponseSchema, StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import type { ReplayOptions } from './stripe.ts'

/** Exit code 65 where an event is not in the inbox. */
export async function replay(options: ReplayOptions): Promise<void> {
  const { tenant, account, event, customer, dead = false, json } = options
  if (!dead && event.length + customer.length === 0) {
    throw new CommandFailed('Say what to replay: --event, --customer or --dead.', exitCodes.usage)
  }
  const answer = await connected((client) =>
    client.call(StripeService.method.replayStripeEvents)({
      tenant,
      account,
      events: [...event],
      customers: [...customer],
      dead,
    }),
  )
  const { marked, unknown } = answer
  if (unknown.length > 0) process.exitCode = exitCodes.data
  const text = [
    `${marked} wait to be fetched again.`,
    ...unknown.map((each) => `${each} is not in the inbox: replay its customer instead.`),
  ]
  process.stdout.write(
    `${json ? JSON.stringify(toJson(ReplayStripeEventsResponseSchema, answer)) : text.join('\n')}\n`,
  )
}
