import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type KeyServer = {
  readonly url: string
  /** How many requests and connections came in. */
  readonly seen: { requests: number; connections: number }
  /** Replaces what is answered. */
  answer(respond: (response: ServerResponse) => void): void
  answerKeys(keys: readonly object[]): void
  close(): Promise<void>
}

/** A real identity provider's key address on loopback, whose answers are scripted. */
export async function startKeyServer(keys: readonly object[]): Promise<KeyServer> {
  const seen = { requests: 0, connections: 0 }
  let respond: (response: ServerResponse) => void = () => undefined
  const server = createServer((_request, response) => {
    seen.requests++
    respond(response)
  })
  server.on('connection', () => {
    seen.connections++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const answerKeys = (next: readonly object[]): void => {
    respond = (response) => response.end(JSON.stringify({ keys: next }))
  }
  answerKeys(keys)
  return {
    url: `http://127.0.0.1:${port}/keys`,
    seen,
    answer(next) {
      respond = next
    },
    answerKeys,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
