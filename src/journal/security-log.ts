import { scrub } from '#observe/scrub.ts'
import { createBatchWriter, type WriterNeeds } from './batch-writer.ts'

/** Something a security monitor wants to see. There is no field for a token or key, and none is added. */
export type SecurityEvent = {
  /** ms. */
  readonly at: number
  readonly kind: 'authentication_failed' | 'cross_tenant' | 'authorization_denied' | 'bulk_change'
  /** Refusal cause, failure code, denial reason, or a change's action. */
  readonly reason: string
  /** More about the reason. */
  readonly detail?: string
  readonly door: string
  /** The verb, or the route a gateway asked about. */
  readonly route: string
  readonly tenant?: string
  readonly caller?: string
  readonly principal?: string
  readonly entitlement?: string
  readonly decision_id?: string
  /** The peer's address. */
  readonly peer?: string
  readonly trace_id?: string
  /** Of a change: how many rows it wrote, and its revision. */
  readonly effects?: number
  readonly revision?: number
}

export type SecurityLog = {
  /** Never sampled, never throws, never waits. */
  push(event: SecurityEvent): void
  flush(): Promise<void>
  close(): Promise<void>
}

const maxText = 512

/** Failed authentications and authorizations, one line each. */
export function createSecurityLog(needs: Omit<WriterNeeds, 'name'>): SecurityLog {
  const writer = createBatchWriter<SecurityEvent>({ ...needs, name: 'security' }, lineOf)
  return {
    push: (event) => writer.push(event, 512),
    flush: writer.flush,
    close: writer.close,
  }
}

/** Field by field, so that whatever else an object carries is left behind. */
function lineOf(event: SecurityEvent): string {
  const texts = {
    kind: event.kind,
    reason: event.reason,
    detail: event.detail,
    door: event.door,
    route: event.route,
    tenant: event.tenant,
    caller: event.caller,
    principal: event.principal,
    entitlement: event.entitlement,
    decision_id: event.decision_id,
    peer: event.peer,
    trace_id: event.trace_id,
  }
  const { effects, revision } = event
  const short = Object.entries(texts).flatMap(([name, text]) => {
    return text === undefined ? [] : [[name, scrub(text).slice(0, maxText)] as const]
  })
  return JSON.stringify({
    at: new Date(event.at).toISOString(),
    ...Object.fromEntries(short),
    effects,
    revision,
  })
}
