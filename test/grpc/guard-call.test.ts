import { create, toBinary } from '@bufbuild/protobuf'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { guardCall } from '#grpc/guard-call.ts'
import { addUnary, type UnaryHandler, type UnaryHandlers } from '#grpc/unary-call.ts'
import { pathOf } from './door.ts'
import { frame, rawSession } from './raw.ts'

const { check } = DecisionService.method
const question = frame(toBinary(CheckRequestSchema, create(CheckRequestSchema, { entitlement: 'docs' })))

/** The status of what is sent to a server that answers as `handler` does. */
async function asking(handler: UnaryHandler) {
  const unary: UnaryHandlers = new Map()
  const server = new Server({ interceptors: [guardCall({ firstMessageMs: 30_000, unary })] })
  addUnary(server, unary, check, handler)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  const raw = await rawSession(port)
  onTestFinished(() => {
    raw[Symbol.dispose]()
    server.forceShutdown()
  })
  return { raw, ask: (body: Uint8Array) => raw.ask({ ':path': pathOf(check) }, body) }
}

const well: UnaryHandler = (_call, answer) => answer(null, create(check.output, { allowed: true }))

test('a handler that throws fails its call and nothing else', async () => {
  let broken = true
  const { ask } = await asking((call, answer) => {
    if (broken) throw new Error('a bug')
    well(call, answer)
  })
  expect(await ask(question)).toBe(String(status.INTERNAL))
  broken = false
  expect(await ask(question)).toBe(String(status.OK))
})

test('a call with no message, or with two, is no question', async () => {
  let asked = 0
  const { ask } = await asking((call, answer) => {
    asked++
    well(call, answer)
  })
  expect(await ask(new Uint8Array())).toBe(String(status.UNIMPLEMENTED))
  expect(await ask(Buffer.concat([question, question]))).toBe(String(status.UNIMPLEMENTED))
  expect(asked).toBe(0)
})

test('a client that goes away is noticed, and answers that come afterwards are nobody’s', async () => {
  const reached = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<boolean>()
  let first = true
  const { raw, ask } = await asking((call, answer) => {
    if (!first) return well(call, answer)
    first = false
    call.once('cancelled', () => {
      well(call, answer)
      well(call, answer)
      gone.resolve(call.cancelled)
    })
    reached.resolve()
  })
  const headers = { ':method': 'POST', ':path': pathOf(check), 'content-type': 'application/grpc' }
  const call = raw.session.request({ ...headers, te: 'trailers' })
  call.on('error', () => undefined)
  call.end(question)
  await reached.promise
  call.close()
  expect(await gone.promise).toBe(true)
  expect(await ask(question)).toBe(String(status.OK))
})
