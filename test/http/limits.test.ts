import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { httpDoor } from './door.ts'

test('headers over 16 KB are refused', async () => {
  await using door = await httpDoor()
  const reply = await door.get('/health/live', { 'x-big': 'x'.repeat(17 * 1024) })
  expect(reply.status).toBe(431)
})

test('V54 a header named __proto__ does no harm', async () => {
  await using door = await httpDoor()
  const answer = await raw(
    door.server.port,
    'GET /health/live HTTP/1.1\r\nhost: x\r\n__proto__: 1\r\nconnection: close\r\n\r\n',
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200/)
})

test('two authorization headers are two claims, and refused', async () => {
  await using door = await httpDoor()
  const header = `authorization: Bearer ${door.key}\r\n`
  const request = (headers: string) =>
    `GET /v1/subjects/alice/summary HTTP/1.1\r\nhost: x\r\n${headers}connection: close\r\n\r\n`
  expect(await raw(door.server.port, request(header))).toMatch(/^HTTP\/1\.1 404/)
  expect(await raw(door.server.port, request(header + header))).toMatch(/^HTTP\/1\.1 401/)
})

test('F37 the server ends a request whose headers never end', async () => {
  await using door = await httpDoor()
  const answer = await raw(door.server.port, 'GET / HTTP/1.1\r\nx: ')
  expect(answer).toMatch(/^HTTP\/1\.1 408|^$/)
}, 60_000)

test('F55 a drain answers what is in flight', async () => {
  let release: () => void = () => undefined
  const waiting = new Promise<void>((resolve) => {
    release = resolve
  })
  let arrived: () => void = () => undefined
  const inside = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const awaitFreshness = () => {
    arrived()
    return waiting
  }
  await using door = await httpDoor({ awaitFreshness })
  const { DecisionService } = await import('#gen/vouchsafe/v1/decision_service_pb.ts')
  const asked = {
    subject: { principal: { issuer: 'i', subject: 's' } },
    entitlement: 'x',
    consistency: { fresh: true },
  }
  const reply = door.post(DecisionService.method.check, asked)
  await inside
  const drained = door.server.drain(10_000)
  release()
  expect((await reply).status).toBe(200)
  expect(await drained).toBe(true)
  await expect(door.get('/health/live')).rejects.toThrow()
})

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
