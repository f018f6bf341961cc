import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import {
  Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Serving,
} from '#gen/grpc/health/v1/health_pb.ts'
import { failureOf, grpcDoor } from './door.ts'

const { check, watch } = Health.method

test.each(['', 'vouchsafe.v1.DecisionService', 'vouchsafe.v1.WatchService', 'vouchsafe.staleness'])(
  'the service %j is SERVING, and anybody may ask',
  async (service) => {
    await using door = await grpcDoor()
    expect((await door.call(check, { service }, { key: '' })).status).toBe(Serving.SERVING)
  },
)

test('an unknown service is NOT_FOUND', async () => {
  await using door = await grpcDoor()
  expect((await failureOf(door.call(check, { service: 'x' }))).code).toBe(status.NOT_FOUND)
})

test('stale data shows under its own name only', async () => {
  await using door = await grpcDoor()
  door.setAge(60_000)
  expect((await door.call(check, { service: '' })).status).toBe(Serving.SERVING)
  expect((await door.call(check, { service: 'vouchsafe.staleness' })).status).toBe(Serving.NOT_SERVING)
})

test('F55 a watcher hears that the server drains before it does', async () => {
  await using door = await grpcDoor()
  const call = door.serverStream(watch, { service: '' }, '')
  const heard: Serving[] = []
  const next = () => new Promise<void>((resolve) => call.once('data', () => resolve()))
  call.on('data', (response: HealthCheckResponse) => heard.push(response.status))
  call.on('error', () => undefined)
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)))
  await next()
  const told = next()
  door.needs.health.drain()
  await told
  expect(heard).toEqual([Serving.SERVING, Serving.NOT_SERVING])
  expect(await door.server.drain(5000)).toBe(true)
  expect(await ended).toBe(status.UNAVAILABLE)
})

test('a watcher of an unknown service hears SERVICE_UNKNOWN and stays', async () => {
  await using door = await grpcDoor()
  const call = door.serverStream(watch, { service: 'x' }, '')
  call.on('error', () => undefined)
  const first = await new Promise<HealthCheckResponse>((resolve) => call.once('data', resolve))
  expect(first.status).toBe(Serving.SERVICE_UNKNOWN)
  call.cancel()
})
