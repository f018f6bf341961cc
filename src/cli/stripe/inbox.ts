import { toJson } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { faint, red } from '#cli/print.ts'
import type { StripeEvent, StripeMark } from '#gen/vouchsafe/admin/v1/stripe_pb.ts'
import {
  ListMarksResponseSchema,
  ListStripeEventsResponseSchema,
  StripeService,
} from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import type { InboxOptions } from './stripe.ts'

/** The last events, and who was given up or waits. */
export async function inbox(options: InboxOptions): Promise<void> {
  const { tenant, account, status, type, customer, json } = options
  const pageSize = Number(options.last)
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
    throw new CommandFailed('--last is a number from 1 to 1000.', exitCodes.usage)
  }
  const [events, dead, all] = await connected((client) =>
    Promise.all([
      client.call(StripeService.method.listStripeEvents)({
        tenant,
        account,
        status,
        type,
        customer,
        pageSize,
      }),
      client.call(StripeService.method.listMarks)({ tenant, account, state: 'dead', pageSize: 1000 }),
      client.call(StripeService.method.listMarks)({ tenant, account, pageSize: 1000 }),
    ]),
  )
  // Whoever was given up comes first: many who wait must not hide them.
  const marks = { ...all, marks: [...dead.marks, ...all.marks.filter(({ state }) => state !== 'dead')] }
  process.stdout.write(
    json
      ? `${JSON.stringify({ events: toJson(ListStripeEventsResponseSchema, events), marks: toJson(ListMarksResponseSchema, marks) })}\n`
      : `${[...eventLines(events.events), '', ...markLines(marks.marks, marks.nextPageToken !== '')].join('\n')}\n`,
  )
}

function eventLines(events: readonly StripeEvent[]): readonly string[] {
  if (events.length === 0) return ['No such event was received.']
  return events.map(({ receivedAt, status, type, event, customer, object, change }) => {
    const at = receivedAt ? timestampDate(receivedAt).toISOString() : ''
    const led = change > 0n ? faint(`  change ${change}`) : ''
    return `${at}  ${status.padEnd(9)}  ${type}  ${customer || object}  ${faint(event)}${led}`
  })
}

function markLines(marks: readonly StripeMark[], more: boolean): readonly string[] {
  if (marks.length === 0) return ['Nobody waits.']
  const lines = marks.map(({ object, state, ageSeconds, attempts, error }) => {
    const why = error === '' ? '' : `  ${error}`
    const tries = attempts > 0 ? `  ${attempts} tries` : ''
    const shown = state === 'dead' ? red(state) : state
    return `${shown}  ${object}  for ${age(ageSeconds)}${tries}${why}`
  })
  const dead = marks.some(({ state }) => state === 'dead')
  const unbound = marks.some(({ state }) => state === 'unbound')
  return [
    ...lines,
    ...(more ? ['… and more: "vouchsafe stripe list-marks --all".'] : []),
    ...(unbound ? ['Bind who is unbound with "vouchsafe stripe bind-customer".'] : []),
    ...(dead ? ['Try the dead again with "vouchsafe stripe replay --dead".'] : []),
  ]
}

/** "42 s", "3 min", "5 h", "2 d" */
function age(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}
