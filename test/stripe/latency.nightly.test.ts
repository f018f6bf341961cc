import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownPorts, start, stop, temporaryFolder } from '#test/process/vouchsafe.ts'
import { openWorkshop, webhookSecret } from './workshop.ts'

const purchases = 200

test('S004-10 on a server with nothing else to do, the answer changes soon after the 2xx', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const data = join(temporaryFolder(), 'data')
  const server = start(['serve'], { env: { ...ownPorts(data), ...shop.environment } })
  const { http } = await server.up()
  const key = readFileSync(join(data, 'operator.key'), 'utf8').trim()
  const isAllowed = async (subject: string) => {
    const reply = await fetch(`http://${http}/vouchsafe.v1.DecisionService/Check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({
        subject: { principal: { id: `sub_${subject}` } },
        tenant: shop.tenant,
        entitlement: 'export',
      }),
    })
    return ((await reply.json()) as { allowed?: boolean }).allowed === true
  }

  const took: number[] = []
  for (let n = 0; n < purchases; n++) {
    const { customer, subject } = await shop.newCustomer()
    await expect.poll(shop.marks, { timeout: 10_000, interval: 20 }).toEqual([])
    fake.subscribe(customer, [{ price: price.pro }])
    const [event] = fake.undelivered().filter(({ type }) => type === 'customer.subscription.created')
    for (const { id } of fake.undelivered()) fake.markDelivered(id)
    if (event === undefined) throw new Error('Nothing was sold.')
    const signed = fake.sign(event, webhookSecret)
    const reply = await fetch(`http://${http}/webhooks/stripe/shop`, { method: 'POST', ...signed })
    const from = performance.now()
    expect(reply.status).toBe(200)
    while (!(await isAllowed(subject))) await new Promise((wait) => setTimeout(wait, 2))
    took.push(performance.now() - from)
  }
  took.sort((a, b) => a - b)
  const at = (share: number) => `${Math.round(took[Math.floor(took.length * share)] ?? 0)} ms`
  console.log(`2xx → changed answer, ${purchases} times: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}`)
  await stop(server)
}, 600_000)
