import { expect, test } from 'vitest'
import { httpDoor, opsDoor } from './door.ts'

test('S002-33 /healthz says what is there, and nothing else', async () => {
  await using ops = await opsDoor()
  const reply = await ops.get('/healthz')
  expect(reply.status).toBe(200)
  expect(await reply.json()).toEqual({
    ok: true,
    service: 'vouchsafe',
    db: false,
    stripe_webhook: true,
    keycloak_sync: false,
  })
})

test('readiness fails while draining, liveness does not; staleness only shows', async () => {
  await using door = await httpDoor()
  door.setAge(60_000)
  const stale = await door.get('/health/ready', {})
  expect(stale.status).toBe(200)
  expect(await stale.json()).toEqual({ ready: true, state: 'serving', missing: [], stale: true })
  door.needs.health.drain()
  expect((await door.get('/health/ready', {})).status).toBe(503)
  expect((await door.get('/healthz', {})).status).toBe(503)
  expect((await door.get('/health/live', {})).status).toBe(200)
})

test('metrics are on the ops address only', async () => {
  await using ops = await opsDoor()
  await using door = await httpDoor()
  expect(await (await ops.get('/metrics')).text()).toContain('vouchsafe_build_info')
  expect((await door.get('/metrics')).status).toBe(404)
})
