import { expect, test } from 'vitest'
import { createWebhook } from '#stripe/webhook.ts'
import { eventOf, signatureOf } from './delivering.ts'

const secret = 'whsec_7Hq2ZkPw9XvLmT4cRb8N'

test('S003-12 a notice of Stripe is told once, with whom it is about and nothing else of its body', async () => {
  const told: (readonly [object, string])[] = []
  const seen = new Set<string>()
  const account = {
    ...{ tenant: 't', id: 'a', key: 'shop', livemode: false, api_key: 'env:K', active: true },
    webhook_secrets: ['env:S'],
  }
  const webhook = createWebhook({
    accounts: { only: async () => account, byKey: async () => account } as never,
    inbox: {
      underWay: () => 0,
      receive: async (_account, { id }) => {
        const kept = seen.has(id) ? 'duplicate' : 'stored'
        seen.add(id)
        return kept
      },
    },
    secret: () => secret,
    now: Date.now,
    log: { info: (fields, message) => told.push([fields, message]), warn: () => undefined },
    metrics: { stripeReceived: () => undefined, stripeRefused: () => undefined },
  })
  const deliver = (event: object) => {
    const text = JSON.stringify(event)
    const signatures = [signatureOf(text, { secret })]
    return webhook({ endpoint: 'shop', body: Buffer.from(text), signatures })
  }
  const about = { id: 'sub_1', object: 'subscription', customer: 'cus_1', metadata: { note: 'private' } }
  const event = eventOf('customer.subscription.trial_will_end', about)
  await deliver(event)
  await deliver(event)
  await deliver(eventOf('customer.subscription.updated', about))
  await deliver(eventOf('payment_intent.succeeded', about))
  const fields = { endpoint: 'shop', event: event.id, type: event.type, customer: 'cus_1' }
  expect(told).toEqual([[fields, 'a notice of Stripe']])
})
