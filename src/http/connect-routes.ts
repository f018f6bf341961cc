import { type DescMessage, type MessageShape, toBinary, toJson } from '@bufbuild/protobuf'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { AppError } from '#core/errors.ts'
import type { Pipeline } from '#rpc/pipeline.ts'
import type { Rpc, UnaryRpc } from '#rpc/rpc.ts'
import { incomingRequest } from './incoming-request.ts'
import { readMessage } from './read-message.ts'

type Needs = { readonly pipeline: Pipeline; readonly now: () => number }

const json = 'application/json'
const binary = 'application/proto'

/**
 * The Connect protocol's unary calls: POST /<service>/<method> with JSON or binary protobuf.
 * Streams are for gRPC. Bodies come uncompressed: what is small needs no inflating.
 */
export function addConnectRoutes(app: FastifyInstance, needs: Needs, rpcs: readonly Rpc[]): void {
  for (const rpc of rpcs) {
    if (rpc.kind !== 'unary') continue
    app.post(`/${rpc.method.parent.typeName}/${rpc.method.name}`, async (request, reply) => {
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding !== 'identity') {
        throw new AppError('INVALID_FIELD', 'Compressed bodies are not accepted.', {
          field: 'content-encoding',
          rule: 'identity',
        })
      }
      const isBinary = mediaType(request.headers['content-type']) === binary
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
      const call = incomingRequest(request, needs.now())
      const answer = await needs.pipeline.unary(
        rpc,
        () => readMessage(rpc.method.input, body, isBinary),
        call,
      )
      return send(reply, rpc, answer, isBinary)
    })
  }
}

function send(reply: FastifyReply, rpc: UnaryRpc, answer: MessageShape<DescMessage>, isBinary: boolean) {
  if (isBinary) return reply.type(binary).send(Buffer.from(toBinary(rpc.method.output, answer)))
  return reply.type(json).send(JSON.stringify(toJson(rpc.method.output, answer)))
}

function mediaType(header: string | undefined): string {
  return header?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
