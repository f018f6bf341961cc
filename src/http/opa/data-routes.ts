import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { dataPath } from './data-path.ts'
import type { DecideDocument } from './decide-document.ts'
import type { Decided } from './decided.ts'
import { type OpaOptions, opaOptions } from './opa-options.ts'
import { provenance } from './provenance.ts'
import { type ReadInput, v0Input, v1Input } from './read-input.ts'
import { sendJson } from './send-json.ts'

export type DataNeeds = {
  readonly decide: DecideDocument
  readonly version: string
  readonly bundle: () => string | undefined
}

const warning = { code: 'api_usage_warning', message: "'input' key missing from the request" }
const defaultDecision = 'vouchsafe/check'

/** The Data API: documents by their paths, as OPA answers them. */
export function addDataRoutes(app: FastifyInstance, needs: DataNeeds): void {
  const { decide } = needs

  async function v1(request: FastifyRequest, reply: FastifyReply) {
    const began = performance.now()
    const options = opaOptions(request)
    const { input, readNs } = timed(v1Input(request))
    const decided = await decide(request, dataPath(pathIn(request)), input, options)
    const { decision_id, explanation, result } = decided
    const body = {
      ...(decision_id !== undefined && { decision_id }),
      ...(options.provenance && { provenance: provenance(needs, decided.bundle) }),
      ...(explanation !== undefined && { explanation }),
      ...((options.metrics || options.instrument) && { metrics: metricsOf(began, readNs()) }),
      ...(result !== undefined && { result }),
      ...(decided.inputMissing && request.method === 'POST' && { warning }),
    }
    return sendJson(request, reply, 200, body, options.pretty)
  }

  async function bare(request: FastifyRequest, reply: FastifyReply, path: string) {
    const options: OpaOptions = { ...opaOptions(request), explain: false }
    const { result }: Decided = await decide(request, dataPath(path), v0Input(request), options)
    if (result !== undefined) return sendJson(request, reply, 200, result, options.pretty)
    const message = `document missing: data.${path.replaceAll('/', '.')}`
    return sendJson(request, reply, 404, { code: 'undefined_document', message }, true)
  }

  for (const path of ['/v1/data', '/v1/data/*']) {
    app.get(path, { exposeHeadRoute: false }, v1)
    app.post(path, v1)
  }
  app.post('/v0/data/*', (request, reply) => bare(request, reply, pathIn(request)))
  app.post('/', (request, reply) => bare(request, reply, defaultDecision))
}

/** What follows "/v1/data/" or "/v0/data/", as it was sent. */
function pathIn({ url }: FastifyRequest): string {
  const path = url.split('?', 1)[0] as string
  return path.slice('/v1/data/'.length)
}

function timed(read: ReadInput): { readonly input: ReadInput; readonly readNs: () => number } {
  let ns = 0
  const input = () => {
    const began = performance.now()
    try {
      return read()
    } finally {
      ns += nanoseconds(began)
    }
  }
  return { input, readNs: () => ns }
}

/** In the names of OPA; times in nanoseconds. */
function metricsOf(began: number, timer_rego_input_parse_ns: number) {
  const timer_server_handler_ns = nanoseconds(began)
  const timer_rego_query_eval_ns = Math.max(0, timer_server_handler_ns - timer_rego_input_parse_ns)
  return { timer_rego_input_parse_ns, timer_rego_query_eval_ns, timer_server_handler_ns }
}

function nanoseconds(since: number): number {
  return Math.round((performance.now() - since) * 1e6)
}
