/** What the load process is told to do, and what it tells back. Everything travels as JSON. */
export type LoadJob = {
  readonly door:
    | 'opa'
    | 'unary'
    | 'stream'
    | 'batch'
    | 'ext_authz'
    | 'ext_authz-many'
    | 'forward-auth'
    | 'authzen'
    | 'data'
  /** host:port */
  readonly address: string
  readonly key: string
  /** Ready bytes, base64. Asked in turn. */
  readonly questions: readonly string[]
  readonly checksPerQuestion: number
  readonly connections: number
  /** Questions under way at once on each connection, where the door can do that. */
  readonly depth: number
  /** The root of the measured processes. */
  readonly serverPid: number
  readonly warmMs: number
  readonly countMs: number
  /** Questions per second, asked on schedule whatever the answers do. Absent: as many as are answered. */
  readonly rate?: number
}

export type LoadResult = {
  readonly checks: number
  readonly wallMs: number
  /** User + system. */
  readonly serverCpuMs: number
  readonly loadCpuMs: number
  /** How long the server and the load, both counted, were ready to run while others had their core. */
  readonly waitedMs: number
  /** From question to answer; only with a rate. */
  readonly latenciesMs: readonly number[]
}

export type LoadReply = { readonly result: LoadResult } | { readonly failure: string }
