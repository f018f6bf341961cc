import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

const compress = promisify(gzip)
/** From here on OPA compresses, too. */
const minGzip = 1024

/** JSON as OPA writes it: ended by a line break, and compressed where that is worth it and the client takes it. */
export async function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: unknown,
  pretty = false,
): Promise<FastifyReply> {
  const text = `${JSON.stringify(body, null, pretty ? 2 : undefined)}\n`
  reply.code(status).type('application/json').header('vary', 'Accept-Encoding')
  if (text.length < minGzip || !takesGzip(request.headers['accept-encoding'])) {
    // Without a serialiser Fastify adds a charset to JSON; OPA says none.
    return reply.serializer(asIs).send(text)
  }
  return reply.header('content-encoding', 'gzip').send(await compress(text))
}

function asIs(text: unknown): string {
  return text as string
}

function takesGzip(accepted: string | readonly string[] | undefined): boolean {
  return String(accepted ?? '')
    .toLowerCase()
    .split(',')
    .some((each) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(each))
}
