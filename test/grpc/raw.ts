import { once } from 'node:events'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'

/** A gRPC frame: flag, length (may lie), bytes. */
export function frame(bytes: Uint8Array, flag = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flag)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, bytes])
}

function split(bytes: Buffer): Uint8Array[] {
  if (bytes.length < 5) return []
  const end = 5 + bytes.readUInt32BE(1)
  return [bytes.subarray(5, end), ...split(bytes.subarray(end))]
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
    /** Sends frames and gives the messages of the answer. */
    async messages(headers: OutgoingHttpHeaders, frames: readonly Uint8Array[]): Promise<Uint8Array[]> {
      const stream = session.request({
        ...{ ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
        ...headers,
      })
      stream.on('error', () => undefined)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      const closed = once(stream, 'close')
      for (const each of frames) stream.write(each)
      stream.end()
      await closed
      return split(Buffer.concat(chunks))
    },
    [Symbol.dispose]() {
      session.destroy()
    },
  }
}
