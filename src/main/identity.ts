import type { Config } from '#config'
import { AppError } from '#core/errors.ts'
import type { Principal } from '#core/principal.ts'
import type { Snapshot, TenantView } from '#core/tenant-view.ts'
import { createCallerAuthenticator } from '#identity/caller.ts'
import { createPrincipalResolver, type PrincipalResolver } from '#identity/principal.ts'
import { createTenantRule } from '#identity/question-tenant.ts'
import { createTokenVerifier } from '#identity/token-verifier.ts'
import type { VerifiedToken } from '#identity/verified-token.ts'
import type { SecurityLog } from '#journal/security-log.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import type { RpcNeeds } from '#rpc/needs.ts'

type Needs = {
  readonly config: Pick<Config, 'tokenCache'>
  readonly snapshot: Snapshot
  readonly now: () => number
  readonly log: Log
  readonly metrics: Metrics
  readonly security: SecurityLog
}

type Identity = Pick<RpcNeeds, 'authenticate' | 'principalOfToken' | 'principalOfName' | 'tenantOf'>

/** Puts the parts of identity together. A failed authentication is kept for security monitoring, without the credential. */
export function createIdentity(needs: Needs): Identity & { readonly close: () => void } {
  const { config, snapshot, now, log, metrics, security } = needs
  const callers = createCallerAuthenticator({ snapshot, now })
  const verifier = createTokenVerifier({ snapshot, now, log, metrics, cacheSize: config.tokenCache })

  const principals = onceARevision(createPrincipalResolver({ log, metrics }))
  const { tenantOf } = createTenantRule({ snapshot })

  function noted(error: unknown, route: string): unknown {
    const reason = error instanceof AppError ? (error.metadata.cause ?? error.code) : 'INTERNAL'
    security.push({ at: now(), kind: 'authentication_failed', reason, door: 'rpc', route })
    return error
  }

  return {
    authenticate: (credentials) => {
      try {
        return callers.authenticate(credentials)
      } catch (error) {
        throw noted(error, 'caller')
      }
    },
    principalOfToken: (text, caller) => {
      const refuse = (error: unknown): never => {
        throw noted(error, 'token')
      }
      const resolve = (token: VerifiedToken) =>
        principals.ofToken(token, tenantOf(caller, { tokenTenant: token.tenant }))
      try {
        const verified = verifier.verify(text, caller.tenant)
        return verified instanceof Promise ? verified.then(resolve).catch(refuse) : resolve(verified)
      } catch (error) {
        return refuse(error)
      }
    },
    principalOfName: principals.ofName,
    tenantOf,
    close: verifier.close,
  }
}

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
