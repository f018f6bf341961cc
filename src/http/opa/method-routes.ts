import type { FastifyInstance } from 'fastify'
import { sendJson } from './send-json.ts'

const paths = [
  '/v1/data',
  '/v1/data/*',
  '/v0/data/*',
  '/v1/policies',
  '/v1/policies/*',
  '/v1/query',
  '/v1/compile',
  '/v1/compile/*',
  '/v1/status',
  '/v1/config',
]
const message = 'this method is not one of this path'

/** Every method that the paths do not have yet: 405, as OPA says it, but in words. */
export function addMethodRoutes(app: FastifyInstance): void {
  for (const url of paths) {
    const isTaken = (method: string) => app.hasRoute({ method, url })
    const allow = app.supportedMethods.filter(isTaken).join(', ')
    app.route({
      method: app.supportedMethods.filter((method) => !isTaken(method)),
      url,
      handler: (request, reply) =>
        sendJson(request, reply.header('allow', allow), 405, { code: 'invalid_operation', message }, true),
    })
  }
}
