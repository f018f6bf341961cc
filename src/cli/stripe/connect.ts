import { isDeepStrictEqual } from 'node:util'
import { connected } from '#cli/connected.ts'
import { errorInfoOf } from '#cli/error-info.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { bold, faint, green, red } from '#cli/print.ts'
import type { Client } from '#client/client.ts'
import { type ProbeStripeAccountResponse, StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import type { ConnectOptions } from './stripe.ts'

/** Makes an account known, unless it is, and says what is left to do. Exit code 1 where its key does not work. */
export async function connect(key: string, options: ConnectOptions): Promise<void> {
  const { made, probed } = await connected(async (client) => {
    const { tenant } = options
    const { made, account } = await makeKnown(client, key, options)
    const probed = await client.call(StripeService.method.probeStripeAccount)({ account: key, tenant })
    // Another account's events are told by it from now on.
    if (account === '' && probed.account !== '') {
      await client.call(StripeService.method.updateStripeAccount)({
        account: { key, account: probed.account },
        updateMask: { paths: ['account'] },
        reason: 'connected',
        tenant,
      })
    }
    return { made, probed }
  })
  if (!probed.ok) process.exitCode = exitCodes.denied
  const url = options.url.replace(/\/+$/, '') + probed.webhookPath
  const { ok, account, problems, eventTypes } = probed
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ key, made, ok, account, problems, url, event_types: eventTypes })}\n`
      : `${nextSteps(key, made, url, probed, options)}\n`,
  )
}

/** `made`: false where it is known already, and as asked for. `account`: what is stored of Stripe's own id; else empty. */
async function makeKnown(client: Client, key: string, options: ConnectOptions) {
  const { tenant } = options
  const wanted = {
    account: options.account ?? '',
    livemode: options.live === true,
    apiKey: options.apiKey,
    webhookSecrets: [...options.webhookSecret],
    referenceIssuer: options.referenceIssuer ?? '',
    metadataKey: options.metadataKey ?? '',
  }
  try {
    await client.call(StripeService.method.createStripeAccount)({
      account: { key, ...wanted },
      reason: 'connected',
      tenant,
    })
    return { made: true, account: wanted.account }
  } catch (error) {
    if (errorInfoOf(error)?.reason !== 'ALREADY_EXISTS') throw error
  }
  const { account: found } = await client.call(StripeService.method.getStripeAccount)({
    account: key,
    tenant,
  })
  const same = Object.entries(wanted).every(
    ([field, value]) => value === '' || isDeepStrictEqual(found?.[field as keyof typeof wanted], value),
  )
  if (same) return { made: false, account: found?.account ?? '' }
  throw new CommandFailed(
    `There is an account "${key}" with other settings: change it with "vouchsafe stripe update-account".`,
    exitCodes.data,
  )
}

function nextSteps(
  key: string,
  made: boolean,
  url: string,
  { ok, account, problems, eventTypes }: ProbeStripeAccountResponse,
  { tenant }: ConnectOptions,
): string {
  const of = tenant ? ` --tenant ${tenant}` : ''
  const state = made ? 'is known now' : 'was known already'
  return [
    `The Stripe account ${bold(key)} ${state}.`,
    ...(account === '' ? [] : [green(`Stripe took its key: it is ${account}.`)]),
    ...(account === '' && ok ? [green('Stripe took its key.')] : []),
    ...(ok ? [] : [red('It does not work yet:')]),
    ...problems.map((problem) => `  - ${problem}`),
    '',
    'Next:',
    `1. At Stripe, add a webhook endpoint for ${bold(url)}`,
    '   with these events:',
    ...eventTypes.map((type) => faint(`     ${type}`)),
    '   and put its signing secret where --webhook-secret says.',
    `2. Say what your prices give:  vouchsafe price map --external-id price_… --plan gold${of}`,
    `3. Bring in who bought before: vouchsafe stripe sync${of} --account ${key}`,
    `4. See that nothing differs:   vouchsafe stripe verify${of} --account ${key}`,
  ].join('\n')
}
