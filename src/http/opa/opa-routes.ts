import type { FastifyInstance } from 'fastify'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Pipeline } from '#rpc/pipeline.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { createAskGate, type PluginNeeds } from './ask-gate.ts'
import { addDataRoutes } from './data-routes.ts'
import { createDocuments, type DocumentNeeds } from './decide-document.ts'
import { addMethodRoutes } from './method-routes.ts'
import { opaFailure } from './opa-failure.ts'
import { addRefusedRoutes } from './refused-routes.ts'
import { sendJson } from './send-json.ts'
import { addStateRoutes, type StateNeeds } from './state-routes.ts'

export type OpaNeeds = RpcNeeds &
  Pick<StateNeeds, 'health'> &
  PluginNeeds &
  Pick<DocumentNeeds, 'upgradeUrl'> & {
    readonly pipeline: Pipeline
    /** Of this server. */
    readonly version?: string
  }

/** OPA's REST API, so that clients of OPA and the `opa` plugins of gateways ask here as they are. */
export function addOpaRoutes(app: FastifyInstance, needs: OpaNeeds, rpcs: readonly Rpc[]): void {
  const shown = { version: needs.version ?? '', bundle: () => needs.bundleAt(needs.decisionNow()) }
  const decide = createDocuments({ ...needs, askGate: createAskGate(needs) }, rpcs)
  app.register(async (scope) => {
    // OPA reads JSON whatever the media type says.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.addHook('onRequest', async ({ raw }) => {
      raw.headers['content-type'] = 'application/json'
    })
    scope.setErrorHandler((error, request, reply) => {
      const { status, body } = opaFailure(needs, error as Error)
      if (!request.raw.complete) request.raw.resume()
      return sendJson(request, reply, status, body, true)
    })
    addDataRoutes(scope, { decide, ...shown })
    addStateRoutes(scope, { ...needs, ...shown })
    addRefusedRoutes(scope)
    addMethodRoutes(scope)
  })
}
