import { once } from 'node:events'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'

/** A gRPC frame: flag, length (may lie), bytes. */
export function frame(bytes: Uint8Array, flag = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flag)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, bytes])
}

/** One raw HTTP/2 connection: what is sent is sent as it is. */
export async function rawSession(port: number) {
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  await once(session, 'connect')
  return {
    session,
    /** Sends one request and gives `grpc-status` (from headers or trailers), the HTTP status, or the stream's error. */
    ask(headers: OutgoingHttpHeaders, body?: Uint8Array): Promise<string> {
      return new Promise((resolve) => {
        let answer = ''
        const stream = session.request({
          ':method': 'POST',
          'content-type': 'application/grpc',
          te: 'trailers',
          ...headers,
        })
        const note = (sent: Record<string, unknown>): void => {
          if (sent['grpc-status'] !== undefined) answer = String(sent['grpc-status'])
          else if (sent[':status'] !== undefined && sent[':status'] !== 200)
            answer = `http ${sent[':status']}`
        }
        stream.on('response', note)
        stream.on('trailers', note)
        stream.on('error', (error) => {
          answer ||= error.message
        })
        stream.on('close', () => resolve(answer || `rst ${stream.rstCode}`))
        stream.resume()
        stream.end(body)
      })
    },
    [Symbol.dispose]() {
      session.destroy()
    },
  }
}
