import type { Config } from '#config'
import { AppError } from '#core/errors.ts'
import type { Principal } from '#core/principal.ts'
import type { Caller, Snapshot, TenantView } from '#core/tenant-view.ts'
import { createCallerAuthenticator } from '#identity/caller.ts'
import { createPrincipalResolver, type PrincipalResolver } from '#identity/principal.ts'
import { createTenantRule } from '#identity/question-tenant.ts'
import { refusal } from '#identity/refusal.ts'
import { believedSubject, createTokenCallers } from '#identity/token-caller.ts'
import { createTokenVerifier } from '#identity/token-verifier.ts'
import type { VerifiedToken } from '#identity/verified-token.ts'
import type { SecurityLog } from '#journal/security-log.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import type { Maybe } from '#rpc/maybe.ts'
import type { RpcNeeds } from '#rpc/needs.ts'

type Needs = {
  readonly config: Pick<Config, 'tokenCache'>
  readonly snapshot: Snapshot
  readonly now: () => number
  readonly log: Log
  readonly metrics: Metrics
  readonly security: SecurityLog
}

type Identity = Pick<
  RpcNeeds,
  'authenticate' | 'principalOfToken' | 'bearerOfToken' | 'principalOfName' | 'tenantOf'
>

/** Puts the parts of identity together. A failed authentication is kept for security monitoring, without the credential. */
export function createIdentity(needs: Needs): Identity & { readonly close: () => void } {
  const { config, snapshot, now, log, metrics, security } = needs
  const verifier = createTokenVerifier({ snapshot, now, log, metrics, cacheSize: config.tokenCache })

  const ofToken = createTokenCallers({ snapshot, verify: (token) => verifier.verify(token), now })
  const callers = createCallerAuthenticator({ snapshot, ofToken, now })
  const principals = onceARevision(createPrincipalResolver({ log, metrics }))
  const { tenantOf } = createTenantRule({ snapshot })

  function noted(error: unknown, route: string, caller?: Caller): unknown {
    const known =
      error instanceof AppError ? (error.cause instanceof AppError ? error.cause : error) : undefined
    const reason = known === undefined ? 'INTERNAL' : (known.metadata.cause ?? known.code)
    if (known?.code === 'TENANT_MISMATCH') metrics.crossTenant()
    const kind = known?.code === 'TENANT_MISMATCH' ? 'cross_tenant' : 'authentication_failed'
    security.push({ at: now(), kind, reason, door: 'rpc', route, ...(caller && of(caller)) })
    return error
  }

  function ofVerified<T>(text: string, caller: Caller, resolve: (token: VerifiedToken) => T): Maybe<T> {
    const refuse = (error: unknown): never => {
      throw noted(error, 'token', caller)
    }
    try {
      const verified = verifier.verify(text, caller.tenant)
      return verified instanceof Promise ? verified.then(resolve).catch(refuse) : resolve(verified)
    } catch (error) {
      return refuse(error)
    }
  }

  return {
    authenticate: (credentials) => {
      const refuse = (error: unknown): never => {
        throw noted(error, 'caller')
      }
      try {
        const caller = callers.authenticate(credentials)
        return caller instanceof Promise ? caller.catch(refuse) : caller
      } catch (error) {
        return refuse(error)
      }
    },
    principalOfToken: (text, caller) =>
      ofVerified(text, caller, (token) =>
        principals.ofToken(token, tenantOf(caller, { tokenTenant: token.tenant })),
      ),
    bearerOfToken: (text, caller) =>
      ofVerified(text, caller, (token) => {
        const view = tenantOf(caller, { tokenTenant: token.tenant })
        const known = view.subjectOf(token.iss, token.sub) !== undefined
        if (known && believedSubject(token, view) === undefined) throw refusal('subject')
        return { tenant: view.id, identity: { issuer: token.iss, subject: token.sub } }
      }),
    principalOfName: principals.ofName,
    tenantOf(caller, clues) {
      try {
        return tenantOf(caller, clues)
      } catch (error) {
        // A caller whose own tenant is suspended tries nothing.
        const isForeign = (clues.named ?? '') !== '' || clues.tokenTenant !== undefined
        throw isForeign && error instanceof AppError && error.code === 'TENANT_MISMATCH'
          ? noted(error, 'tenant', caller)
          : error
      }
    },
    close: verifier.close,
  }
}

const of = ({ id, tenant }: Caller) => ({ caller: id, ...(tenant !== undefined && { tenant }) })

type Known = { readonly view: TenantView; readonly revision: number; readonly principal: Principal }

/** Mapping claims costs as much as a third of an evaluation, and gives the same until the data moves. */
function onceARevision(resolver: PrincipalResolver): PrincipalResolver {
  const known = new WeakMap<VerifiedToken, Known>()
  return {
    ofToken(token, view) {
      const full = view as TenantView
      const found = known.get(token)
      if (found && found.view === full && found.revision === full.revision) return found.principal
      const principal = resolver.ofToken(token, view)
      known.set(token, { view: full, revision: full.revision, principal })
      return principal
    },
    ofName: resolver.ofName,
  }
}
