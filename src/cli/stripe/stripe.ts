import type { Command } from 'commander'

export type ConnectOptions = {
  readonly tenant: string
  readonly live?: boolean
  readonly apiKey: string
  readonly webhookSecret: readonly string[]
  readonly account?: string
  readonly referenceIssuer?: string
  readonly metadataKey?: string
  readonly url: string
  readonly json?: boolean
}
export type SyncOptions = {
  readonly tenant: string
  readonly account: string
  readonly customer: string
  readonly json?: boolean
}
export type ReplayOptions = {
  readonly tenant: string
  readonly account: string
  readonly event: readonly string[]
  readonly customer: readonly string[]
  readonly dead?: boolean
  readonly json?: boolean
}
export type InboxOptions = {
  readonly tenant: string
  readonly account: string
  readonly status: string
  readonly type: string
  readonly customer: string
  readonly last: string
  readonly json?: boolean
}

const several = (text: string, all: readonly string[] = []) => [...all, text]

/** vouchsafe stripe …: what is done with an account at Stripe; its other verbs are those of the API. */
export function addStripe(program: Command): void {
  const stripe = program.command('stripe').description('connect Stripe, and keep in step with it')

  common(
    stripe
      .command('connect <key>')
      .description('make an account known, try its key, and say what to do next'),
  )
    .option('--live', 'it is in live mode; default: test mode')
    .option('--api-key <reference>', 'where its API key is', 'env:STRIPE_SECRET_KEY')
    .option(
      '--webhook-secret <reference>',
      'where its signing secret is. Repeatable. Default: env:STRIPE_WEBHOOK_SECRET',
      several,
    )
    .option(
      '--account <acct>',
      'its id at Stripe: events of another are refused; default: what the key says, where it may',
    )
    .option('--reference-issuer <iss>', 'whose subjects a checkout’s client_reference_id names')
    .option('--metadata-key <key>', 'the key in a checkout’s metadata that names one entitlement')
    .option('--url <url>', 'where Stripe reaches this server', 'https://YOUR-HOST')
    .action(async (key: string, options: ConnectOptions) => {
      const { connect } = await import('./connect.ts')
      await connect(key, {
        ...options,
        webhookSecret: options.webhookSecret ?? ['env:STRIPE_WEBHOOK_SECRET'],
      })
    })

  ofAccount(
    stripe.command('sync').description('fetch what Stripe says of a customer, or of all, and apply it'),
  )
    .option('--customer <cus>', 'only this one', '')
    .action(async (options: SyncOptions) => {
      const { sync } = await import('./sync.ts')
      await sync(options)
    })

  ofAccount(
    stripe
      .command('verify')
      .description('compare with Stripe and change nothing; exit code 1 where it differs'),
  )
    .option('--customer <cus>', 'only this one', '')
    .action(async (options: SyncOptions) => {
      const { verify } = await import('./verify.ts')
      await verify(options)
    })

  ofAccount(
    stripe.command('replay').description('fetch again those whom events were about, or who were given up'),
  )
    .option('--event <evt>', 'whom this event is about. Repeatable.', several, [])
    .option('--customer <cus>', 'this customer. Repeatable.', several, [])
    .option('--dead', 'all that were given up')
    .action(async (options: ReplayOptions) => {
      const { replay } = await import('./replay.ts')
      await replay(options)
    })

  ofAccount(
    stripe.command('inbox').description('what Stripe sent, who waits to be fetched, and who was given up'),
  )
    .option('--status <status>', 'only events that are received, processed or ignored', '')
    .option('--type <type>', 'only events of this type, such as invoice.paid', '')
    .option('--customer <cus>', 'only events of this customer', '')
    .option('--last <n>', 'how many events', '20')
    .action(async (options: InboxOptions) => {
      const { inbox } = await import('./inbox.ts')
      await inbox(options)
    })
}

function ofAccount(command: Command): Command {
  return common(command).option('--account <key>', 'the account; default: the tenant’s only one', '')
}

function common(command: Command): Command {
  return command
    .option('--tenant <key>', 'the tenant; default: the caller’s own', '')
    .option('--json', 'print the result as JSON')
}
