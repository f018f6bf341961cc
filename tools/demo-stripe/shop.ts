import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#client/client.ts'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import { devIss, openDevIssuer } from '#main/dev-issuer.ts'
import type { FakeStripe } from '#test/stripe/fake/start-fake-stripe.ts'
import type { DemoServer } from './start-server.ts'
import { tell } from './tell.ts'

type Needs = {
  readonly client: Client
  readonly stripe: FakeStripe
  readonly server: DemoServer
  readonly webhookSecret: string
}
type Plan = 'supporter' | 'pro'
type Expected = {
  readonly copilot_quota?: number
  readonly early_access?: boolean
  /** Whether the clock alone ends docs_paid. */
  readonly ends?: boolean
}

const tenant = 'acme'
const account = 'shop'
const patienceMs = 30_000

/** The acts of the demo, on one account and one person. */
export async function openShop({ client, stripe, server, webhookSecret }: Needs) {
  const token = await (await openDevIssuer(server.data)).sign('alice', {}, 600)
  const price = { supporter: stripe.createPrice(), pro: stripe.createPrice() }
  const identity = { issuer: devIss, subject: 'alice' }
  const holder = { holder: { case: 'identity', value: identity } } as const
  const state = { since: performance.now(), customer: '' }

  const ask = (entitlement: string) =>
    client.check({ subject: { subject: { case: 'accessToken', value: token } }, entitlement })

  async function deliver(): Promise<void> {
    const events = stripe.undelivered().length
    await stripe.deliver(`http://${server.http}/webhooks/stripe/${account}`, webhookSecret)
    state.since = performance.now()
    tell.line(`   ${events} signed events were posted and kept.`)
  }

  return {
    deliver,
    async connect(): Promise<void> {
      const secrets = { apiKey: 'env:STRIPE_SECRET_KEY', webhookSecrets: ['env:STRIPE_WEBHOOK_SECRET'] }
      await client.call(StripeService.method.createStripeAccount)({
        account: { key: account, ...secrets },
        tenant,
      })
      const probed = await client.call(StripeService.method.probeStripeAccount)({ account, tenant })
      tell.line(`   Stripe took the key: it is ${probed.account}. Webhooks go to ${probed.webhookPath}`)
      for (const plan of ['supporter', 'pro'] as const) {
        const target = { case: 'plan', value: plan } as const
        await client.call(PriceService.method.mapPrice)({
          mapping: { externalId: price[plan], target },
          tenant,
        })
        tell.line(`   price ${price[plan]} gives the plan "${plan}"`)
      }
    },
    async giveByHand(entitlement: string): Promise<void> {
      const target = { target: { case: 'entitlement', value: entitlement } } as const
      await client.grant({ holder, target, tenant, reason: 'helps us test' })
    },
    /** The subscription's id. */
    async buy(plan: Plan): Promise<string> {
      const made = await client.call(StripeService.method.createCheckoutSession)({
        holder,
        plan,
        successUrl: 'http://127.0.0.1/thanks',
        cancelUrl: 'http://127.0.0.1/plans',
        tenant,
        requestId: randomUUID(),
      })
      state.customer = made.customer
      tell.line(`   Stripe’s page for it: ${made.url.slice(0, 48)}…  (customer ${made.customer})`)
      stripe.completeCheckout(made.session)
      await deliver()
      return stripe.subscriptionOf(made.session)
    },
    change(subscription: string, plan: Plan): void {
      stripe.updateItems(subscription, [{ price: price[plan] }])
    },
    async buyUnheard(plan: Plan): Promise<void> {
      // Whoever is fetched still because of the events before would see it.
      const waiting = async () =>
        (await client.call(StripeService.method.listMarks)({ account, tenant })).marks
      while ((await waiting()).length > 0) await sleep(20)
      stripe.subscribe(state.customer, [{ price: price[plan] }])
      for (const { id } of stripe.undelivered()) stripe.markDelivered(id)
      state.since = performance.now()
    },
    async verify(): Promise<void> {
      tell.line('   vouchsafe stripe verify')
      for await (const each of client.stream(StripeService.method.verifyCustomers)({ account, tenant })) {
        for (const { kind, sourceRef, text } of each.drift)
          tell.line(`     ${each.customer}  ${kind}  ${sourceRef}  ${text}`)
      }
    },
    async reconcile(): Promise<void> {
      const { customers } = await client.call(StripeService.method.listCustomers)({ holder, tenant })
      const { value: subject = '' } = customers[0]?.holder?.holder ?? {}
      tell.line(`   POST /internal/reconcile/subject/${subject}`)
      state.since = performance.now()
      const response = await fetch(
        `http://${server.http}/internal/reconcile/subject/${subject}?tenant=${tenant}`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${server.operatorKey}` },
        },
      )
      const { changed } = (await response.json()) as { readonly changed: number }
      tell.line(`     Stripe was asked; rights that changed: ${changed}`)
    },
    /** What Check says, as soon as it is what is expected. */
    async answer(about: string, expected?: Expected): Promise<void> {
      const answers = expected ? await until(() => asAll(ask), expected) : await asAll(ask)
      const took = performance.now() - state.since
      tell.line(`   ${about}`)
      for (const [entitlement, answer] of answers) tell.answer(entitlement, answer)
      if (expected && expected.early_access === undefined)
        tell.took('from the news to the changed answer', took)
    },
  }
}

type Answers = readonly (readonly [string, CheckResponse])[]

async function asAll(ask: (entitlement: string) => Promise<CheckResponse>): Promise<Answers> {
  const entitlements = ['docs_paid', 'copilot_quota', 'early_access']
  return Promise.all(entitlements.map(async (each) => [each, await ask(each)] as const))
}

async function until(ask: () => Promise<Answers>, expected: Expected): Promise<Answers> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await sleep(5)) {
    const answers = await ask()
    if (isAs(expected, Object.fromEntries(answers))) return answers
  }
  throw new Error('The answer did not become what it should be.')
}

function isAs(
  { copilot_quota: quota, early_access, ends }: Expected,
  answers: Readonly<Record<string, CheckResponse>>,
): boolean {
  const kind = answers.copilot_quota?.value?.kind
  const value = kind?.case === 'numberValue' ? kind.value : undefined
  return (
    (quota === undefined || value === quota) &&
    (early_access === undefined || answers.early_access?.allowed === early_access) &&
    (ends === undefined || (answers.docs_paid?.expiresAt !== undefined) === ends)
  )
}
