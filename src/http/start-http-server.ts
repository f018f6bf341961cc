import type { Log } from '#observe/logger.ts'
import type { CertificateFiles } from '#rpc/certificate-files.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { createPipeline } from '#rpc/pipeline.ts'
import { createVerbTable } from '#rpc/table.ts'
import { addConnectRoutes } from './connect-routes.ts'
import { createApp } from './create-app.ts'
import { addHealthRoutes, type HealthNeeds } from './health-routes.ts'
import { type HttpServer, listen } from './listen.ts'
import { addSubjectRoutes } from './subject-routes.ts'

export type HttpNeeds = RpcNeeds & HealthNeeds & { readonly log: Log }

export type HttpOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly tls?: CertificateFiles
}

/** Connect JSON, the REST views of a subject, and health. */
export function startHttpServer(needs: HttpNeeds, options: HttpOptions): Promise<HttpServer> {
  const app = createApp(needs, options.tls)
  addConnectRoutes(app, { pipeline: createPipeline(needs), now: needs.now }, createVerbTable(needs))
  addSubjectRoutes(app, needs)
  addHealthRoutes(app, needs)
  return listen(app, options.host, options.port)
}
