import type { Credentials } from './call.ts'

type Sent = {
  /** Every `authorization` header of the call. */
  readonly authorization: readonly string[]
  /** Every `x-internal-token` header: a caller's key without a scheme. */
  readonly internalToken: readonly string[]
  /** SHA-256 of the verified client certificate; asked only where no header was sent. */
  readonly fingerprint: () => string | undefined
}

/** What was sent of the caller, for identity to judge. Two headers are two claims, and are handed over as such. */
export function credentialsOf(sent: Sent): Credentials {
  const headers = [...sent.authorization, ...sent.internalToken.map((key) => `Bearer ${key}`)]
  return headers.length > 0 ? { authorization: headers } : { certificate: sent.fingerprint() }
}
