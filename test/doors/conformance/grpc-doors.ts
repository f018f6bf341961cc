import { once } from 'node:events'
import { Client, credentials } from '@grpc/grpc-js'
import { Authorization } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { type CheckStreamResponse, DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { clientOf } from '#test/grpc/door.ts'
import { told as envoyTold } from '#test/grpc/envoy-door.ts'
import type { Ask, Door, Place, Told } from './door.ts'
import { gatewayDoor } from './gateway-door.ts'
import { messageOf, toldBy } from './message-of.ts'

const { check, batchCheck, checkStream } = DecisionService.method

export function openGrpcDoors(place: Place): {
  readonly doors: readonly Door[]
  readonly close: () => Promise<void>
} {
  const client = new Client(place.grpc, credentials.createInsecure())
  const rpc = clientOf(client, { keyOf: () => place.service })
  const waiting = new Map<bigint, (answer: CheckStreamResponse) => void>()
  const stream = rpc.stream(checkStream)
  stream.on('data', (answer: CheckStreamResponse) => waiting.get(answer.correlationId)?.(answer))
  let asked = 0n

  async function inBatch(ask: Ask): Promise<Told> {
    const checks = [messageOf(ask), messageOf(ask)]
    const { results } = await rpc.call(batchCheck, { checks })
    const [first, second] = results.map(({ result }) => answered(result))
    if (JSON.stringify(first) !== JSON.stringify(second) || first === undefined)
      throw new Error('one batch, two answers')
    return first
  }

  async function inStream(ask: Ask): Promise<Told> {
    const correlationId = ++asked
    const answer = new Promise<CheckStreamResponse>((resolve) => waiting.set(correlationId, resolve))
    stream.write({ correlationId, check: messageOf(ask) })
    const { result } = await answer
    waiting.delete(correlationId)
    return answered(result)
  }

  async function byEnvoy(path: string, token: string): Promise<Told> {
    const headers = { authorization: `Bearer ${token}` }
    const http = { method: 'GET', host: 'app.example', path, headers }
    const sent = { key: place.gateway }
    const said = await rpc.call(Authorization.method.check, { attributes: { request: { http } } }, sent)
    const { allowed, metadata, ...rest } = envoyTold(said)
    const status = 'status' in rest ? Number(rest.status) : 200
    const tier = rest.headers['x-vouchsafe-tier']
    return { allowed, reasons: [String(metadata?.code)], status, ...(tier && { tier }) }
  }

  return {
    doors: [
      {
        name: 'gRPC Check',
        differs: [],
        ask: async (ask) => toldBy(await rpc.call(check, messageOf(ask))),
      },
      { name: 'gRPC BatchCheck', differs: [], ask: inBatch },
      { name: 'gRPC CheckStream', differs: [], ask: inStream },
      gatewayDoor('Envoy ext_authz (gRPC)', [], byEnvoy),
    ],
    async close() {
      stream.end()
      await once(stream, 'status')
      client.close()
    },
  }
}

function answered(result: CheckStreamResponse['result']): Told {
  if (result.case !== 'response') throw new Error(`no answer: ${result.value?.reason}`)
  return toldBy(result.value)
}
