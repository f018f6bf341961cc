// npm run demo:stripe: an account is connected, somebody buys, changes plans, cannot be charged, cancels, and buys again
// without an event that says so; after each, the answer of Check and how long it took. Stripe is the stand-in of the
// tests, on this machine; all else is real: server, Postgres, signed webhooks, token, WASM, client.
import { createClient } from '#client/client.ts'
import { startFakeStripe } from '#test/stripe/fake/start-fake-stripe.ts'
import { openShop } from './demo-stripe/shop.ts'
import { startServer } from './demo-stripe/start-server.ts'
import { tell } from './demo-stripe/tell.ts'

const secrets = { key: 'sk_test_9Qm3TzWk7Rb2XvLp4NdH', webhook: 'whsec_4JvN8cZqT2yRmB6xKp9W' }

tell.line('Starting a stand-in for Stripe, and a server of its own with an embedded Postgres …')
const stripe = await startFakeStripe({ key: secrets.key, checked: false })
const server = await startServer({
  STRIPE_API_BASE: stripe.url,
  STRIPE_SECRET_KEY: secrets.key,
  STRIPE_WEBHOOK_SECRET: secrets.webhook,
  // The stand-in does not mind.
  VOUCHSAFE_STRIPE_REQUESTS: '1000',
})
const client = createClient({ address: server.grpc, apiKey: server.operatorKey })
try {
  const shop = await openShop({ client, stripe, server, webhookSecret: secrets.webhook })

  tell.step('1. An operator connects the account, and says what its two prices give')
  await shop.connect()
  await shop.answer('Alice has bought nothing:')

  tell.step('2. An administrator gives Alice early_access by hand; Stripe will never touch that')
  await shop.giveByHand('early_access')
  await shop.answer('Alice has that, and nothing else yet:', { early_access: true })

  tell.step('3. Alice opens a checkout for the plan "supporter", and pays; Stripe posts signed events')
  const subscription = await shop.buy('supporter')
  await shop.answer('Alice is a supporter:', { copilot_quota: 200 })

  tell.step('4. She changes to "pro" at Stripe')
  shop.change(subscription, 'pro')
  await shop.deliver()
  await shop.answer('Alice is a pro:', { copilot_quota: 1000 })

  tell.step('5. Her card is declined: the subscription is past due, and a time of grace begins')
  stripe.failPayment(subscription)
  await shop.deliver()
  await shop.answer('Alice keeps what she has, until the grace is over:', { ends: true })
  stripe.pay(subscription)
  await shop.deliver()
  await shop.answer('She pays, and nothing ends any more:', { ends: false })

  tell.step('6. She cancels')
  stripe.cancel(subscription)
  await shop.deliver()
  await shop.answer('Alice is back at what everybody has:', { copilot_quota: 20 })

  tell.step('7. She buys again, but the events never arrive: the answer is an old one')
  await shop.buyUnheard('supporter')
  await shop.answer('Nothing has changed here:')
  tell.line()
  await shop.verify()
  tell.line()
  await shop.reconcile()
  await shop.answer('Alice is a supporter again:', { copilot_quota: 200 })
} finally {
  client.close()
  await server.stop()
  await stripe.close()
}
