import { AppError } from '#core/errors.ts'
import type { Principal } from '#core/principal.ts'
import type { Caller } from '#core/tenant-view.ts'
import type { GateAnswer, GateQuestion } from '#decide/verbs.ts'
import { parseTraceparent } from '#observe/traceparent.ts'
import { authorize } from './authorize.ts'
import type { IncomingCall } from './call.ts'
import { cappedDeadline } from './deadline.ts'
import { toFailure } from './failure.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'
import { askers } from './roles.ts'

/** A client's request, as its gateway told it: taken from the hop that is trusted, not from the client's headers. */
export type GateRequest = GateQuestion & {
  /** The client's own token. Several are none that is believed: give each. */
  readonly tokens: readonly string[]
  /** The tenant's key or id, for gateways of the platform; else empty. */
  readonly tenant: string
}

/** A request that no question is asked about: its parts would be read in two ways. */
export type RefusedQuestion = {
  readonly refused: {
    readonly code: string
    /** HTTP status. */
    readonly status: number
    /** For logs only. */
    readonly detail: string
  }
}

/** What a gateway is told. Never an error: whatever goes wrong is a denial with its code. */
export type GateReply = {
  readonly allowed: boolean
  readonly code: string
  /** HTTP status of a denial; 200. */
  readonly status: number
  readonly decision_id: string
  /** The tenant's id, where one was found. */
  readonly tenant?: string
  /** Of the decision that counted, where one was made. */
  readonly answer?: GateAnswer
  /** Where the token was believed. */
  readonly principal?: Principal
  /** For the gateway's log only. */
  readonly detail?: string
}

export type GateNeeds = Pick<
  RpcNeeds,
  | 'authenticate'
  | 'tenantOf'
  | 'principalOfToken'
  | 'verbs'
  | 'metrics'
  | 'newId'
  | 'now'
  | 'log'
  | 'security'
>

/**
 * What every gateway's door asks: who the gateway is, whose request it is, and whether it may pass. The same request gives
 * the same answer however often it is asked.
 */
export function createGate(needs: GateNeeds) {
  function refusal(call: IncomingCall, verb: string, error: unknown): GateReply {
    const failure = toFailure(needs, error)
    needs.metrics.request(call.door, verb, failure.code)
    return {
      allowed: false,
      code: failure.code,
      status: statusOf(failure),
      decision_id: needs.newId(),
      detail: failure.message,
    }
  }

  function unasked(
    call: IncomingCall,
    verb: string,
    caller: Caller,
    { code, status, detail }: RefusedQuestion['refused'],
  ): GateReply {
    needs.metrics.request(call.door, verb, code)
    const decision_id = needs.newId()
    const trace_id = parseTraceparent(call.header('traceparent') ?? '')?.traceId
    const { id, tenant } = caller
    needs.security({
      reason: code,
      door: call.door,
      route: '',
      tenant: tenant ?? '',
      caller: id,
      decision_id,
      detail,
      ...(trace_id !== undefined && { trace_id }),
    })
    return { allowed: false, code, status, decision_id, detail, ...(tenant !== undefined && { tenant }) }
  }

  function decide(
    call: IncomingCall,
    verb: string,
    caller: Caller,
    tenant: string,
    who: Principal | AppError | undefined,
    request: GateRequest,
  ): GateReply {
    const principal = who instanceof AppError ? undefined : who
    const trace_id = parseTraceparent(call.header('traceparent') ?? '')?.traceId
    const asker = principal && {
      caller,
      principal,
      door: call.door,
      verb,
      ...(trace_id !== undefined && { trace_id }),
    }
    const answer = needs.verbs.gate(tenant, asker, request)
    const { code, detail } =
      answer.code === 'TOKEN_MISSING' && who instanceof AppError
        ? { code: 'TOKEN_REFUSED', detail: who.message }
        : answer
    needs.metrics.request(call.door, verb, 'OK')
    const decision_id = answer.answer?.decision_id ?? needs.newId()
    if (!answer.allowed && answer.answer === undefined) {
      needs.security({
        reason: code,
        door: call.door,
        route: answer.route?.pattern ?? '',
        tenant,
        caller: caller.id,
        decision_id,
        ...(detail !== undefined && { detail }),
        ...(principal && { principal: principal.id }),
        ...(trace_id !== undefined && { trace_id }),
      })
    }
    return {
      allowed: answer.allowed,
      code,
      status: answer.allowed ? 200 : answer.deny_as,
      decision_id,
      tenant,
      answer,
      ...(principal && { principal }),
      ...(detail !== undefined && { detail }),
    }
  }

  /** A token that is not believed opens nothing, and closes nothing that is public. */
  function whose(caller: Caller, request: GateRequest): Maybe<Principal | AppError | undefined> {
    const [token, ...others] = request.tokens
    if (token === undefined) return undefined
    if (others.length > 0) return new AppError('TOKEN_REFUSED', 'There are several tokens.')
    const refused = (error: unknown) => {
      if (error instanceof AppError && (error.code === 'TOKEN_REFUSED' || error.code === 'TENANT_MISMATCH')) {
        return error
      }
      throw error
    }
    try {
      const principal = needs.principalOfToken(token, caller)
      return principal instanceof Promise ? principal.catch(refused) : principal
    } catch (error) {
      return refused(error)
    }
  }

  return (
    call: IncomingCall,
    verb: string,
    request: () => GateRequest | RefusedQuestion,
  ): Maybe<GateReply> => {
    try {
      let waited = false
      const until = cappedDeadline(call.deadline, needs.now())
      const reply = andThen(needs.authenticate(call.credentials()), (caller) => {
        authorize(caller, { roles: askers })
        const asked = request()
        if ('refused' in asked) return unasked(call, verb, caller, asked.refused)
        // Before the client's token, which must not choose whose routes count.
        const { id: tenant } = needs.tenantOf(caller, { named: asked.tenant })
        return andThen(whose(caller, asked), (who) => {
          const principal = who instanceof AppError ? undefined : who
          needs.tenantOf(caller, { named: asked.tenant, tokenTenant: principal?.tenant })
          // The gateway was told no already: nothing else may be in the journal.
          if (waited && needs.now() >= until) throw new AppError('DEADLINE', 'The token was known too late.')
          return decide(call, verb, caller, tenant, who, asked)
        })
      })
      waited = true
      return reply instanceof Promise ? reply.catch((error) => refusal(call, verb, error)) : reply
    } catch (error) {
      return refusal(call, verb, error)
    }
  }
}

/** The client did nothing wrong where it is the gateway that is not known: it is refused all the same, and not asked to sign in. */
function statusOf({ code }: AppError): number {
  if (code === 'TOKEN_REFUSED') return 401
  return code === 'NOT_READY' || code === 'INTERNAL' || code === 'DEADLINE' ? 503 : 403
}
