import type { FastifyInstance } from 'fastify'
import { incomingRequest } from '#http/incoming-request.ts'
import type { Health } from '#observe/health.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { opaOptions } from './opa-options.ts'
import { sendJson } from './send-json.ts'

export type StateNeeds = Pick<RpcNeeds, 'authenticate' | 'now'> & {
  readonly health: Pick<Health, 'readiness' | 'stale'>
  readonly version: string
  readonly bundle: () => string | undefined
}

/** Health for everybody; state and settings for callers. Bundles and plugins that a query names are not waited for. */
export function addStateRoutes(app: FastifyInstance, needs: StateNeeds): void {
  const { health, version } = needs
  const labels = { id: 'vouchsafe', version }

  app.get('/health', (request, reply) => {
    const { ready, state, missing } = health.readiness()
    // Data that is old is still an answer: only where there is none is this node no use.
    if (ready) return sendJson(request, reply, 200, { state, stale: health.stale() })
    return sendJson(request, reply, 500, { error: `not usable yet: ${missing.join(', ')}` })
  })

  app.get('/v1/status', async (request, reply) => {
    await needs.authenticate(incomingRequest(request, needs.now()).credentials())
    const revision = needs.bundle()
    const { ready } = health.readiness()
    const state = ready ? 'OK' : 'NOT_READY'
    const result = {
      labels,
      bundles: revision === undefined ? {} : { vouchsafe: { name: 'vouchsafe', active_revision: revision } },
      plugins: { bundle: { state: revision === undefined ? 'NOT_READY' : 'OK' }, snapshot: { state } },
      stale: health.stale(),
    }
    return sendJson(request, reply, 200, { result }, opaOptions(request).pretty)
  })

  // Settings are the operator's (docs/reference/settings.md): here is only what OPA's clients look for.
  app.get('/v1/config', async (request, reply) => {
    await needs.authenticate(incomingRequest(request, needs.now()).credentials())
    const result = { labels, default_decision: '/vouchsafe/check' }
    return sendJson(request, reply, 200, { result }, opaOptions(request).pretty)
  })
}
