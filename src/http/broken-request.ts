import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Broken = { readonly status: string; readonly code: string; readonly message: string }

const byError: Readonly<Record<string, Broken>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    code: 'deadline_exceeded',
    message: 'The request did not come in time.',
  },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    code: 'resource_exhausted',
    message: 'The headers are larger than the limit.',
  },
}
const malformed: Broken = {
  status: '400 Bad Request',
  code: 'invalid_argument',
  message: 'The request is malformed.',
}

/** What HTTP's parser gave up on. Which door it was for is not known: `code` and `message` are what all of them say. */
export function answerBroken(error: Error & { readonly code?: string }, socket: Socket): void {
  // Whoever reset the connection is not there any more.
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { status, code, message } = byError[error.code ?? ''] ?? malformed
  const body = `${JSON.stringify({ code, message })}\n`
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json',
    'cache-control: no-store',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroy(error)
}

/** `Expect` holds something else than that the client waits for a word before it sends its body. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const body = `${JSON.stringify({ code: 'invalid_argument', message: 'The expectation cannot be met.' })}\n`
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' }
  response.writeHead(417, { ...headers, 'content-length': body.length }).end(body)
}
