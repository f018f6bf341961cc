import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addAccount, eventOf } from './delivering.ts'
import type { Storm, Stormed } from './storm-sender.ts'

const secret = 'whsec_7Hq2ZkPw9XvLmT4cRb8N'
const events = 10_000
const customers = 2_000

let server: Server
beforeAll(async () => {
  server = await startServer({ HOOK: secret })
  await addAccount(server, server.place.tenants.acme, { key: 'acme', secrets: ['env:HOOK'] })
})
afterAll(() => server?.stop())

test('F41 10 000 events, each three times and shuffled, within 10 s: all are answered, and each is kept once', async () => {
  // As long as a subscription's event.
  const padding = 'x'.repeat(3000)
  const payloads = Array.from({ length: events }, (_, n) => {
    const object = { id: `sub_${n}`, object: 'subscription', customer: `cus_${n % customers}`, padding }
    return JSON.stringify(eventOf('customer.subscription.updated', object))
  })
  const path = '/webhooks/stripe/acme'
  const cpu = process.threadCpuUsage()
  const { latencies, tookMs, answers } = await storm({
    ...{ http: server.http, path, secret, payloads },
    times: 3,
    withinMs: 10_000,
  })
  const { user, system } = process.threadCpuUsage(cpu)
  expect(answers).toEqual({ '200 new': events, '200 duplicate_event': 2 * events })
  const { sql } = server.place.database
  const [kept] = await sql`
    select count(*)::int as rows, count(distinct xmin::text)::int as commits from vouchsafe.stripe_events`
  expect(kept?.rows).toBe(events)
  const at = (share: number) => `${Math.round(latencies[Math.floor(latencies.length * share)] ?? 0)} ms`
  console.log(
    `${latencies.length} deliveries in ${Math.round(tookMs)} ms: p50 ${at(0.5)}, p99 ${at(0.99)};`,
    `${Math.round((user + system) / latencies.length)} CPU-µs each; new ones in ${kept?.commits} commits`,
  )
})

function storm(data: Storm): Promise<Stormed> {
  return new Promise((resolve, reject) => {
    const sender = new Worker(new URL('./storm-sender.ts', import.meta.url), { workerData: data })
    sender.once('message', resolve)
    sender.once('error', reject)
  })
}
