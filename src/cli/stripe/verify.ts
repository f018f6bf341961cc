import { connected } from '#cli/connected.ts'
import { exitCodes } from '#cli/exit.ts'
import { grouped } from '#cli/import/progress-line.ts'
import { green, red } from '#cli/print.ts'
import { StripeService, type VerifyCustomersResponse } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { createShowLine } from './show-line.ts'
import type { SyncOptions } from './stripe.ts'

/** Exit code 1 where a right differs, or a customer could not be compared. What differs is told as it is found. */
export async function verify({ tenant, account, customer, json }: SyncOptions): Promise<void> {
  const line = createShowLine()
  const sum = { compared: 0, unbound: 0, differing: 0 }
  const tell = (said: string) => {
    line.clear()
    process.stdout.write(said)
  }
  await connected(async (client) => {
    for await (const answer of client.stream(StripeService.method.verifyCustomers)({
      tenant,
      account,
      customer,
    })) {
      sum.compared = answer.done
      if (answer.customer !== '' && !answer.bound && answer.error === '') sum.unbound++
      if (answer.drift.length > 0 || answer.error !== '') {
        const opening = sum.differing++ === 0 ? '{"differing":[' : ','
        tell(json ? opening + JSON.stringify(documentOf(answer)) : `${textOf(answer)}\n`)
      }
      line.show(`${grouped(answer.done)} compared · ${grouped(sum.differing)} differ`)
    }
  })
  if (sum.differing > 0) process.exitCode = exitCodes.denied
  tell(`${json ? jsonEnd(sum) : summary(sum)}\n`)
}

type Sum = { readonly compared: number; readonly unbound: number; readonly differing: number }

function documentOf({ customer, bound, drift, error }: VerifyCustomersResponse) {
  return {
    customer,
    bound,
    drift: drift.map(({ kind, sourceRef, text }) => ({ kind, source_ref: sourceRef, text })),
    ...(error !== '' && { error }),
  }
}

/** One document, however long: what differs was written before. */
function jsonEnd({ compared, unbound, differing }: Sum): string {
  const opening = differing === 0 ? '{"differing":[' : ''
  return `${opening}],"compared":${compared},"unbound":${unbound}}`
}

function textOf({ customer, drift, error }: VerifyCustomersResponse): string {
  return [
    customer,
    ...(error === '' ? [] : [`  could not be compared: ${error}`]),
    ...drift.map((each) => `  ${each.kind}  ${each.sourceRef}  ${each.text}`),
  ].join('\n')
}

function summary({ compared, unbound, differing }: Sum): string {
  const nobody = unbound > 0 ? ` ${grouped(unbound)} of them stand for nobody yet.` : ''
  if (differing === 0)
    return green(`Customers compared: ${grouped(compared)}. All rights are as Stripe says.${nobody}`)
  return [
    red(`Customers compared: ${grouped(compared)}, of whom ${grouped(differing)} differ.${nobody}`),
    'Bring one in line with "vouchsafe stripe sync --customer …".',
  ].join('\n')
}
