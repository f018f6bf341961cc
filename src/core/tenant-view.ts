import type { Catalogue, Issuer } from './catalogue.ts'
import type { Grant } from './grant.ts'
import type { Json } from './json.ts'
import type { RouteTable } from './route.ts'

export type SubjectRow = {
  readonly id: string
  readonly kind: 'user' | 'service'
  /** Tokens issued before this moment (ms) are not believed. */
  readonly tokens_not_before?: number
  readonly deleted: boolean
}

export type Membership = {
  readonly organization: string
  readonly role: 'member' | 'admin' | 'owner' | 'delegate'
}

export type Organization = {
  readonly id: string
  readonly key: string
  readonly parent?: string
  /** Ids from the root down to and including itself. */
  readonly path: readonly string[]
}

/** What was bought for a seat pool. Times in ms. */
export type SeatPurchase = {
  readonly starts_at: number
  readonly ends_at?: number
  /** Seats; absent: as many as there are. */
  readonly quantity?: number
}

/** A pool of seats. What its purchases add up to at a moment is its capacity. */
export type SeatPool = {
  readonly id: string
  /** What becomes of the seats beyond a capacity that has shrunk. */
  readonly on_shrink: 'keep' | 'suspend_newest' | 'block'
  /** Those that were not revoked, whenever they run. */
  readonly purchases: readonly SeatPurchase[]
  /** How many hold a seat. */
  readonly held: number
  /** How many of the holders had theirs before this one. */
  rank(subject: string): number
}

/**
 * One tenant of the snapshot, as a decision reads it. Synchronous, no I/O.
 * It is current at the moment of the call: a verb that yields captures what it needs first.
 */
export type TenantView = {
  readonly id: string
  readonly epoch: string
  readonly revision: number
  /** First 8 bytes of the chain, as hex. */
  readonly chain: string
  readonly catalogue: Catalogue
  /** What a gateway's requests need. */
  readonly routes: RouteTable
  /** Subject id of an identity, if it has a row. */
  subjectOf(iss: string, sub: string): string | undefined
  subject(id: string): SubjectRow | undefined
  /** Every grant (live, future, ended, revoked) of a subject or organization whose target is wanted. */
  grants(holder: string, wanted: (target: string) => boolean): Grant[]
  memberships(subject: string): readonly Membership[]
  /** By id or by key. */
  organization(idOrKey: string): Organization | undefined
  /** Ids of the pools in which the subject holds a seat now, whether or not it counts. */
  seats(subject: string): readonly string[]
  /** By id. */
  seatPool(id: string): SeatPool | undefined
  /** Fact key → value. */
  facts(subject: string): Readonly<Record<string, Json>>
  /** Experiment key → variant. */
  experiments(subject: string): Readonly<Record<string, string>>
}

/** The whole snapshot, as verbs read it. */
export type Snapshot = {
  /** By id or by key. */
  tenant(idOrKey: string): TenantView | undefined
  /** The tenant an (issuer, audience value) belongs to, and its issuer row. */
  issuer(iss: string, audience: string): Issuer | undefined
  /** All issuer rows with this `iss` (to know which audience claim to read before trusting anything). */
  issuersOf(iss: string): readonly Issuer[]
  /** The caller whose key has this id. */
  callerOfKey(keyId: string): CallerKey | undefined
  /** The caller authenticated by a client certificate with this SHA-256 fingerprint (lower-case hex) or, failing that, none. */
  callerOfCertificate(fingerprint: string): Caller | undefined
  /** The person as a caller: by a row of theirs, or by a delegation that is live at `now` (ms). */
  callerOfSubject(tenant: string, subject: string, now: number): Caller | undefined
  /** Milliseconds since the START of the last poll that succeeded; Infinity before the first load. */
  ageMs(): number
  /** Resolves when tenant's revision ≥ the given one; rejects AppError NOT_FRESH_ENOUGH at the timeout. Polls at once. */
  wait(tenant: string, revision: number, timeoutMs: number): Promise<void>
  /** Resolves after a poll that started after this call succeeded. */
  refresh(timeoutMs: number): Promise<void>
  /** Calls back after each applied change, outside of the tick that applied it. Returns the unsubscriber. */
  subscribe(listener: (change: AppliedChange) => void): () => void
}

export type AppliedChange = {
  readonly tenant: string
  /** The history that the revision is of. Absent: the tenant's current one. */
  readonly epoch?: string
  readonly revision: number
  readonly at: number
  readonly subjects: readonly string[]
  readonly tenant_wide: boolean
}

export const roles = [
  'operator',
  'tenant_admin',
  'delegate',
  'service',
  'worker',
  'gateway',
  'auditor',
] as const
export type Role = (typeof roles)[number]

/** Who asks. `tenant` absent: a platform caller. */
export type Caller = {
  readonly id: string
  readonly name: string
  readonly tenant?: string
  readonly kind: 'key' | 'mtls' | 'token'
  readonly roles: readonly Role[]
  /** The subject's id of a person who calls. */
  readonly subject?: string
}

export type CallerKey = {
  readonly caller: Caller
  /** SHA-256 of the whole key text. */
  readonly sha256: Uint8Array
  readonly expires_at?: number
  readonly disabled: boolean
}
