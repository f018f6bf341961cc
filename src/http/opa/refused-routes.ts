import type { FastifyInstance } from 'fastify'
import { sendJson } from './send-json.ts'

const writes = ['PUT', 'PATCH', 'DELETE']

/** What OPA does and this does not: policies come in bundles, data from the database, and no query is ever compiled. */
export function addRefusedRoutes(app: FastifyInstance): void {
  const refuse = (method: string[], path: string, message: string) =>
    app.route({
      method,
      url: path,
      handler: (request, reply) =>
        sendJson(request, reply, 400, { code: 'invalid_operation', message }, true),
    })
  for (const path of ['/v1/data', '/v1/data/*']) {
    refuse(writes, path, 'data is owned by the database: write through the administration')
  }
  for (const path of ['/v1/policies', '/v1/policies/*']) {
    refuse([...writes, 'GET'], path, 'policies are owned by bundle "vouchsafe"')
  }
  for (const path of ['/v1/query', '/v1/compile', '/v1/compile/*']) {
    refuse(['GET', 'POST'], path, 'queries are not evaluated: ask a document by its path')
  }
}
