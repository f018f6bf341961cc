import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { createUnframer } from './grpc-frame.ts'
import type { Answered, Lane } from './lane.ts'

export type GrpcTarget = {
  /** host:port */
  readonly address: string
  /** "/package.Service/Method" */
  readonly path: string
  /** The caller's key. */
  readonly key: string
}

/** Unary calls over one connection; a question is a framed message. */
export async function openUnaryLane(target: GrpcTarget, depth: number): Promise<Lane> {
  const session = await opened(target)
  const headers = headersOf(target)
  return {
    ask(question, answered) {
      const call = session.request(headers)
      const pieces: Buffer[] = []
      let failure: string | undefined
      const look = (fields: { readonly 'grpc-status'?: unknown; readonly 'grpc-message'?: unknown }) => {
        const status = fields['grpc-status']
        if (status !== undefined && status !== '0') failure = `${status} ${fields['grpc-message']}`
      }
      call.on('response', look)
      call.on('trailers', look)
      call.on('data', (piece: Buffer) => pieces.push(piece))
      call.on('error', (error) => {
        failure = error.message
      })
      call.on('close', () => {
        const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
        if (failure === undefined && bytes.length > 0) answered(bytes.subarray(5))
        else answered(undefined, failure ?? 'no message')
      })
      call.end(question)
    },
    depth,
    close: () => session.close(),
  }
}

/** One bidirectional call over one connection. Answers may overtake: which question one belongs to is not looked at. */
export async function openStreamLane(target: GrpcTarget, depth: number): Promise<Lane> {
  const session = await opened(target)
  const call = session.request(headersOf(target))
  const waiting: Answered[] = []
  let asked = 0
  let seen = 0
  const failAll = (failure: string) => {
    for (const answered of waiting.splice(0)) answered(undefined, failure)
  }
  const unframe = createUnframer((message) => {
    const slot = seen++ % depth
    waiting[slot]?.(message)
  })
  call.on('data', unframe)
  call.on('trailers', (fields) => {
    if (fields['grpc-status'] !== '0') failAll(`${fields['grpc-status']} ${fields['grpc-message']}`)
  })
  call.on('error', (error) => failAll(error.message))
  return {
    ask(question, answered) {
      waiting[asked++ % depth] = answered
      call.write(question)
    },
    depth,
    close() {
      call.end()
      session.close()
    },
  }
}

async function opened({ address }: GrpcTarget): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`)
  await once(session, 'connect')
  return session
}

function headersOf({ path, key }: GrpcTarget) {
  return {
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${key}`,
  }
}
