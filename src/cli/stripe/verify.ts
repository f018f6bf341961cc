import { connected } from '#cli/connected.ts'
import { exitCodes } from '#cli/exit.ts'
import { grouped } from '#cli/import/progress-line.ts'
import { green, red } from '#cli/print.ts'
import { StripeService, type VerifyCustomersResponse } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { createShowLine } from './show-line.ts'
import type { SyncOptions } from './stripe.ts'

/** Exit code 1 where a right differs, or a customer could not be compared. */
export async function verify({ tenant, account, customer, json }: SyncOptions): Promise<void> {
  const line = createShowLine()
  const found: VerifyCustomersResponse[] = []
  const done = await connected(async (client) => {
    let latest = 0
    for await (const answer of client.stream(StripeService.method.verifyCustomers)({
      tenant,
      account,
      customer,
    })) {
      latest = answer.done
      if (answer.drift.length > 0 || answer.error !== '') found.push(answer)
      line.show(`${grouped(answer.done)} compared · ${grouped(found.length)} differ`)
    }
    return latest
  })
  line.clear()
  if (found.length > 0) process.exitCode = exitCodes.denied
  process.stdout.write(`${json ? JSON.stringify(summary(done, found)) : text(done, found)}\n`)
}

function summary(done: number, found: readonly VerifyCustomersResponse[]) {
  return {
    compared: done,
    differing: found.map(({ customer, bound, drift, error }) => ({
      customer,
      bound,
      drift: drift.map(({ kind, sourceRef, text }) => ({ kind, source_ref: sourceRef, text })),
      ...(error !== '' && { error }),
    })),
  }
}

function text(done: number, found: readonly VerifyCustomersResponse[]): string {
  if (found.length === 0) return green(`${grouped(done)} customers compared: all rights are as Stripe says.`)
  const lines = found.flatMap(({ customer, drift, error }) => [
    customer,
    ...(error === '' ? [] : [`  could not be compared: ${error}`]),
    ...drift.map((each) => `  ${each.kind}  ${each.sourceRef}  ${each.text}`),
  ])
  return [
    ...lines,
    red(`${grouped(done)} customers compared, ${grouped(found.length)} differ.`),
    'Bring one in line with "vouchsafe stripe sync --customer …".',
  ].join('\n')
}
