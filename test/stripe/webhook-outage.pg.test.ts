import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePlace, type Place } from '#test/end-to-end/place.ts'
import { type Server, serve } from '#test/end-to-end/server.ts'
import { type FaultProxy, faultProxy } from '#test/postgres/fault-proxy.ts'
import { addAccount, deliver, eventOf, type Reply } from './delivering.ts'

const secret = 'whsec_7Hq2ZkPw9XvLmT4cRb8N'

let place: Place
let proxy: FaultProxy
let server: Server
beforeAll(async () => {
  place = await makePlace()
  proxy = await faultProxy(place.database.url)
  server = await serve(place, { env: { DATABASE_URL: proxy.url, HOOK: secret } })
  await addAccount(server, place.tenants.acme, { key: 'acme', secrets: ['env:HOOK'] })
})
afterAll(async () => {
  await server?.stop()
  await proxy?.close()
  await place?.remove()
})

const anEvent = (customer: string) => eventOf('invoice.paid', { id: 'in_1', object: 'invoice', customer })
const send = (event: object): Promise<Reply> => deliver(server, 'acme', event, { secret })
const kept = (id: string) => place.database.sql`select from vouchsafe.stripe_events where event_id = ${id}`
const generation = async (object: string) =>
  (
    await place.database.sql<{ generation: number }[]>`
    select generation from vouchsafe.stripe_marks where object = ${object}`
  )[0]?.generation

test('S002-34 F3 without a database Stripe is told to come again, and then nothing is lost', async () => {
  const event = anEvent('cus_away')
  proxy.refuse(true)
  proxy.reset()
  for (let n = 0; n < 3; n++) expect((await send(event)).status).toBe(503)
  expect(await kept(event.id)).toHaveLength(0)
  proxy.refuse(false)
  await expect
    .poll(() => send(event), { timeout: 20_000 })
    .toMatchObject({ status: 200, body: { processed: true } })
  expect([(await kept(event.id)).length, await generation('cus_away')]).toEqual([1, 1])
}, 120_000)

test('S002-34 F9 whatever message of the commit is cut, what was answered is there, and once', async () => {
  for (let round = 0; round < 15; round++) {
    const customer = `cus_cut_${round}`
    const events = [anEvent(customer), anEvent(customer), anEvent(customer)]
    proxy.cutAfter(randomInt(30))
    const told = new Map<string, unknown[]>(events.map(({ id }) => [id, []]))
    let open = events
    for (let tries = 0; open.length > 0 && tries < 200; tries++) {
      const replies = await Promise.all(open.map(send))
      for (const [index, { id }] of open.entries()) {
        const { status, body = {} } = replies[index] ?? {}
        if (status === 200) {
          told.get(id)?.push(body.processed)
          // Before the answer, not after.
          expect(await kept(id)).toHaveLength(1)
        } else expect(status).toBe(503)
      }
      open = open.filter(({ id }) => told.get(id)?.length === 0)
    }
    expect(open).toEqual([])
    expect(await generation(customer)).toBeGreaterThan(0)
  }
}, 120_000)
