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
  let unbound = 0
  const done = await connected(async (client) => {
    let latest = 0
    for await (const answer of client.stream(StripeService.method.verifyCustomers)({
      tenant,
      account,
      customer,
    })) {
      latest = answer.done
      if (answer.customer !== '' && !answer.bound && answer.error === '') unbound++
      if (answer.drift.length > 0 || answer.error !== '') found.push(answer)
      line.show(`${grouped(answer.done)} compared · ${grouped(found.length)} differ`)
    }
    return latest
  })
  line.clear()
  if (found.length > 0) process.exitCode = exitCodes.denied
  process.stdout.write(
    `${json ? JSON.stringify(summary(done, unbound, found)) : text(done, unbound, found)}\n`,
  )
}

function summary(done: number, unbound: number, found: readonly VerifyCustomersResponse[]) {
  return {
    compared: done,
    unbound,
    differing: found.map(({ customer, bound, drift, error }) => ({
      customer,
      bound,
      drift: drift.map(({ kind, sourceRef, text }) => ({ kind, source_ref: sourceRef, text })),
      ...(error !== '' && { error }),
    })),
  }
}

function text(done: number, unbound: number, found: readonly VerifyCustomersResponse[]): string {
  const nobody = unbound > 0 ? ` ${grouped(unbound)} of them stand for nobody yet.` : ''
  if (found.length === 0) {
    return green(`Customers compared: ${grouped(done)}. All rights are as Stripe says.${nobody}`)
  }
  const lines = found.flatMap(({ customer, drift, error }) => [
    customer,
    ...(error === '' ? [] : [`  could not be compared: ${error}`]),
    ...drift.map((each) => `  ${each.kind}  ${each.sourceRef}  ${each.text}`),
  ])
  return [
    ...lines,
    red(`Customers compared: ${grouped(done)}, of whom ${grouped(found.length)} differ.${nobody}`),
    'Bring one in line with "vouchsafe stripe sync --customer …".',
  ].join('\n')
}
