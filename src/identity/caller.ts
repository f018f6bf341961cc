import { AppError } from '#core/errors.ts'
import type { Caller, Role, Snapshot } from '#core/tenant-view.ts'
import { apiKeyId, isApiKey } from './api-key.ts'
import { maxTokenLength } from './compact-token.ts'
import type { TokenCallers } from './token-caller.ts'

type Needs = {
  readonly snapshot: Pick<Snapshot, 'callerOfKey' | 'callerOfCertificate'>
  /** Callers who come with a token of theirs instead of a key. Absent: there are none. */
  readonly ofToken?: TokenCallers
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
  /**
   * A promise only for a token that was not seen before. Throws (or rejects with) AppError CALLER_UNAUTHENTICATED, always
   * with the same text.
   */
  authenticate(credentials: Credentials): Caller | Promise<Caller>
}

const maxHeaderLength = 'bearer '.length + maxTokenLength
const unauthenticated = 'The call needs a valid caller credential.'
const bearer = /^bearer ([\x21-\x7e]+)$/i

/** A key that is given but wrong is refused, also beside a known certificate: it does not fall back. */
export function createCallerAuthenticator(needs: Needs): CallerAuthenticator {
  function callerOfHeader(header: string): ReturnType<TokenCallers> {
    const text = header.length > maxHeaderLength ? undefined : bearer.exec(header)?.[1]
    if (text === undefined) return undefined
    // Nothing is tried twice: what says it is a key is no token.
    return text.startsWith('vch_') ? callerOfKey(text) : needs.ofToken?.(text)
  }

  function callerOfKey(text: string): Caller | undefined {
    const id = apiKeyId(text)
    if (id === undefined) return undefined
    const key = needs.snapshot.callerOfKey(id)
    // Compared even for an unknown id, so that the time taken says nothing.
    if (!isApiKey(text, key?.sha256) || key === undefined || key.disabled) return undefined
    if (key.expires_at !== undefined && key.expires_at <= needs.now()) return undefined
    return key.caller
  }

  function callerOf({ authorization, fingerprint }: Credentials): ReturnType<TokenCallers> {
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
      try {
        const caller = callerOf(credentials)
        return caller instanceof Promise ? caller.then(known, unknown) : known(caller)
      } catch (error) {
        return unknown(error)
      }
    },
  }
}

function known(caller: Caller | undefined): Caller {
  if (caller !== undefined) return caller
  throw new AppError('CALLER_UNAUTHENTICATED', unauthenticated)
}

/** Why a token was refused is for the log: a caller that is nobody learns nothing. */
function unknown(error: unknown): never {
  if (!(error instanceof AppError)) throw error
  throw error.code === 'CALLER_UNAUTHENTICATED'
    ? error
    : new AppError('CALLER_UNAUTHENTICATED', unauthenticated, {}, error)
}

/** Throws AppError CALLER_NOT_ALLOWED unless the caller has one of the roles. */
export function requireRole(caller: Caller, roles: readonly Role[]): void {
  if (roles.some((role) => caller.roles.includes(role))) return
  const role = roles.join(', ')
  throw new AppError('CALLER_NOT_ALLOWED', `The caller has none of the roles this call needs: ${role}.`, {
    role,
  })
}
