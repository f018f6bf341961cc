import type { Caller, TenantView } from '#core/tenant-view.ts'
import type { Verbs } from '#decide/verbs.ts'
import type { CallerAuthenticator } from '#identity/caller.ts'
import type { PrincipalResolver } from '#identity/principal.ts'
import type { TenantClues } from '#identity/question-tenant.ts'
import type { TokenVerifier } from '#identity/token-verifier.ts'
import type { Tracing } from '#observe/tracing.ts'
import type { FailureNeeds } from './failure.ts'
import type { GrantCommands } from './grant-commands.ts'

/** Everything the doors are given. They build none of it. */
export type RpcNeeds = FailureNeeds & {
  readonly verbs: Verbs
  readonly grants: GrantCommands
  readonly authenticate: CallerAuthenticator['authenticate']
  readonly verifyToken: TokenVerifier['verify']
  readonly principals: PrincipalResolver
  readonly tenantOf: (caller: Caller, clues: TenantClues) => TenantView
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly metrics: {
    readonly request: (door: string, verb: string, code: string) => void
    readonly decided: (door: string, verb: string, seconds: number) => void
  }
  readonly tracing: Tracing
}
