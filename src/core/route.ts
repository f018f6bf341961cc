/** What the requests of a gateway need that fit a host, a method and a path. */
export type Route = {
  readonly id: string
  /** "*": any. */
  readonly host: string
  /** "*": any. */
  readonly method: string
  /** "/apps/{app}/files"; at its end "{rest...}" stands for one or more segments. */
  readonly pattern: string
  /** Anybody passes; then nothing is asked for. */
  readonly public: boolean
  readonly any_of: readonly string[]
  readonly all_of: readonly string[]
  /** Field of the question → parameter of the path. */
  readonly context: Readonly<Record<string, string>>
  /** Whether a request passes of whose body its gateway has seen a part only. Default false. */
  readonly partial_body?: boolean
}

export type MatchedRoute = {
  readonly route: Route
  /** Parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
}

/** All routes of a tenant. */
export type RouteTable = {
  readonly size: number
  /**
   * Those that a canonical path fits best, which are one but where two patterns differ in the names of their parameters
   * alone: then each has to pass. Empty: there is none, and the request is denied. A host's own routes come before those
   * of any host; a plain segment before a parameter, that before a rest; HEAD is a GET where it has no route of its own.
   * The place that fits best decides, also where it lacks the method. Escapes that lead to two places lead to none.
   */
  match(method: string, host: string, path: string): readonly MatchedRoute[]
}
