import type { FastifyRequest } from 'fastify'

/** What the query of a request asks for beside the result, as OPA's REST API names it. */
export type OpaOptions = {
  readonly pretty: boolean
  readonly provenance: boolean
  readonly metrics: boolean
  readonly instrument: boolean
  readonly explain: boolean
}

export function opaOptions(request: FastifyRequest): OpaOptions {
  const query = request.query as Readonly<Record<string, unknown>>
  // A name alone is a yes, as it is to OPA.
  const flag = (name: string) => {
    const value = Array.isArray(query[name]) ? query[name].at(-1) : query[name]
    return value !== undefined && (value === '' || value === 'true' || value === '1')
  }
  return {
    pretty: flag('pretty'),
    provenance: flag('provenance'),
    metrics: flag('metrics'),
    instrument: flag('instrument'),
    explain: ['notes', 'fails', 'full', 'debug'].includes(String(query.explain)),
  }
}
