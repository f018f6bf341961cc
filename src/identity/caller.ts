import { AppError } from '#core/errors.ts'
import type { Caller, Role, Snapshot } from '#core/tenant-view.ts'
import { apiKeyId, isApiKey } from './api-key.ts'

type Needs = {
  readonly snapshot: Pick<Snapshot, 'callerOfKey' | 'callerOfCertificate'>
  /** ms. */
  readonly now: () => number
}

/** What came with a call. Several authorization headers are handed over as a list, and refused. */
export type Credentials = {
  readonly authorization?: string | readonly string[] | undefined
  /** SHA-256 of a client certificate that TLS has verified, as hex, with or without colons. */
  readonly fingerprint?: string | undefined
}

export type CallerAuthenticator = {
  /** Throws AppError CALLER_UNAUTHENTICATED, always with the same text. */
  authenticate(credentials: Credentials): Caller
}

const maxHeaderLength = 256
const bearer = /^bearer ([\x21-\x7e]+)$/i

/** A key that is given but wrong is refused, also beside a known certificate: it does not fall back. */
export function createCallerAuthenticator(needs: Needs): CallerAuthenticator {
  function callerOfHeader(header: string): Caller | undefined {
    const text = header.length > maxHeaderLength ? undefined : bearer.exec(header)?.[1]
    const id = text === undefined ? undefined : apiKeyId(text)
    if (text === undefined || id === undefined) return undefined
    const key = needs.snapshot.callerOfKey(id)
    // Compared even for an unknown id, so that the time taken says nothing.
    if (!isApiKey(text, key?.sha256) || key === undefined || key.disabled) return undefined
    if (key.expires_at !== undefined && key.expires_at <= needs.now()) return undefined
    return key.caller
  }

  function callerOf({ authorization, fingerprint }: Credentials): Caller | undefined {
    if (typeof authorization === 'string') return callerOfHeader(authorization)
    if (authorization !== undefined && authorization.length > 0) {
      const [only = ''] = authorization
      return authorization.length === 1 ? callerOfHeader(only) : undefined
    }
    const hex = fingerprint?.replaceAll(':', '').toLowerCase()
    if (hex === undefined || !/^[0-9a-f]{64}$/.test(hex)) return undefined
    return needs.snapshot.callerOfCertificate(hex)
  }

  return {
    authenticate(credentials) {
      const caller = callerOf(credentials)
      if (caller !== undefined) return caller
      throw new AppError('CALLER_UNAUTHENTICATED', 'The call needs a valid caller credential.')
    },
  }
}

/** Throws AppError CALLER_NOT_ALLOWED unless the caller has one of the roles. */
export function requireRole(caller: Caller, roles: readonly Role[]): void {
  if (roles.some((role) => caller.roles.includes(role))) return
  const role = roles.join(', ')
  throw new AppError('CALLER_NOT_ALLOWED', `The caller has none of the roles this call needs: ${role}.`, {
    role,
  })
}
