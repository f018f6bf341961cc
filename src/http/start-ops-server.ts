import type { Log } from '#observe/logger.ts'
import type { FailureNeeds } from '#rpc/failure.ts'
import { createApp } from './create-app.ts'
import { addHealthRoutes, type HealthNeeds } from './health-routes.ts'
import { type HttpServer, listen } from './listen.ts'
import type { HttpOptions } from './start-http-server.ts'

export type OpsNeeds = HealthNeeds &
  FailureNeeds & {
    readonly log: Log
    readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> }
  }

/** Metrics and health on an address of their own, which the outside need not reach. */
export function startOpsServer(
  needs: OpsNeeds,
  options: Pick<HttpOptions, 'host' | 'port' | 'patience'>,
): Promise<HttpServer> {
  const app = createApp(needs, undefined, options.patience)
  addHealthRoutes(app, needs)
  app.get('/metrics', async (_request, reply) => {
    reply.type(needs.metrics.contentType)
    return needs.metrics.text()
  })
  return listen(app, options.host, options.port)
}
