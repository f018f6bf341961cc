import type { Caller } from '#core/tenant-view.ts'

/** What a caller may present. Nothing else of a request names it. Several authorization headers are a list, and refused. */
export type Credentials = {
  readonly authorization?: string | readonly string[] | undefined
  /** A caller's key without a scheme, as `x-internal-token` carries it. */
  readonly internalToken?: string | undefined
  /** SHA-256 of the verified client certificate, as hex, with or without colons. */
  readonly certificate?: string | undefined
}

/** One call as a door hands it over, before anything of it is believed. */
export type IncomingCall = {
  /** "grpc" or "http". */
  readonly door: string
  /** Header or metadata value by lower-case name. */
  readonly header: (name: string) => string | undefined
  /** What the transport carries of the caller. Nothing else of a request names it. */
  readonly credentials: () => Credentials
  /** Epoch milliseconds by which the client wants an answer; Infinity for none. */
  readonly deadline: number
  /** Aborted when the client goes away or the server drains. Made only where asked for. */
  readonly signal: () => AbortSignal
}

/** What a verb sees of a call: the caller is authenticated and the deadline capped. */
export type CallContext = {
  readonly caller: Caller
  /** Epoch milliseconds. */
  readonly deadline: number
  readonly door: string
  /** The method's name, such as "Check". */
  readonly verb: string
  /** Of the call's `traceparent`, where it has a valid one. */
  readonly trace_id?: string
  readonly signal: () => AbortSignal
}

/** What the journal says of a call besides its question. */
export type CallOrigin = Pick<CallContext, 'caller' | 'door' | 'verb' | 'trace_id'>
