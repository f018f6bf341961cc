import { expect, test } from 'vitest'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import { startHttpServer } from '#http/start-http-server.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { viewOf } from '#test/fixtures/view.ts'
import { grpcClient } from '#test/grpc/grpc-client.ts'

const alice = '01990000-0000-7000-8000-0000000000a1'
const loopback = { host: '127.0.0.1', port: 0 }
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const subject = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const
const asked = { subject, entitlement: 'unknown' }
const { check, batchCheck, explain, checkStream } = DecisionService.method

test('S003-13 the journals say through which door, by which verb and in which trace a question came', async () => {
  await using stack = await openStack([viewOf({})])
  const key = stack.keyOf(['service']).text
  const grpc = await startGrpcServer(stack.needs, loopback)
  const http = await startHttpServer(stack.needs, loopback)
  try {
    using client = grpcClient(grpc.port, key)
    await client.call(check, asked, { traceparent })
    await client.call(batchCheck, { checks: [asked] }, {})
    await client.call(explain, { check: asked }, { traceparent: 'nonsense' })
    await client.ask(checkStream, { correlationId: 1n, check: asked }, { traceparent })
    await fetch(`http://127.0.0.1:${http.port}/${check.parent.typeName}/Check`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', traceparent },
      body: JSON.stringify({ subject: { principal: { id: `sub_${alice}` } }, entitlement: 'unknown' }),
    })
  } finally {
    grpc.close()
    await http.close()
  }
  const { decisions, security } = await stack.journals()
  const origin = ({ door, verb, route, trace_id }: Record<string, unknown>) => [door, verb ?? route, trace_id]
  const told = [
    ['grpc', 'Check', traceId],
    ['grpc', 'BatchCheck', undefined],
    ['grpc', 'Explain', undefined],
    ['grpc', 'CheckStream', traceId],
    ['http', 'Check', traceId],
  ]
  expect(decisions.map(origin)).toEqual(told)
  expect(security.map(origin)).toEqual(told)
})
