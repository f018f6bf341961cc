import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** SHA-256 of the client certificate, where one was sent and verified. */
export function fingerprintOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  return socket.getPeerCertificate().fingerprint256
}
