import type { Network } from '#core/network.ts'
import type { Log } from '#observe/logger.ts'
import type { CertificateFiles } from '#rpc/certificate-files.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { createPipeline } from '#rpc/pipeline.ts'
import { createVerbTable } from '#rpc/table.ts'
import type { Webhook } from '#stripe/webhook.ts'
import { addAccessRoutes } from './access-routes.ts'
import { addAdminApplicationRoutes } from './admin-application-routes.ts'
import { addAdminUserRoutes } from './admin-user-routes.ts'
import { addAuthzenRoutes } from './authzen/authzen-routes.ts'
import type { AuthzenParts } from './authzen/parts.ts'
import { addConnectRoutes } from './connect-routes.ts'
import { createApp } from './create-app.ts'
import { addEntitlementAdminRoutes } from './entitlement-admin-routes.ts'
import { addForwardAuthRoutes } from './forward-auth-routes.ts'
import { addHealthRoutes, type HealthNeeds } from './health-routes.ts'
import { type HttpServer, listen } from './listen.ts'
import { addOpaRoutes } from './opa/opa-routes.ts'
import type { Patience } from './patience.ts'
import { addReconcileRoutes } from './reconcile-routes.ts'
import { createRest } from './rest.ts'
import { addStripeRoutes } from './stripe-routes.ts'
import { addSubjectRoutes } from './subject-routes.ts'
import { createTrustedProxies } from './trusted-proxies.ts'

export type HttpNeeds = RpcNeeds &
  HealthNeeds & {
    readonly log: Log
    /** Where a denial sends people; "{entitlement}" stands for what they lack. */
    readonly upgradeUrl?: string | undefined
    /** Absent: AuthZEN is not spoken. */
    readonly authzen?: AuthzenParts
    /** Absent: nothing of Stripe's is taken. */
    readonly webhook?: Webhook | undefined
    /** Whose word of a client counts at /forward-auth. Absent: nobody's. */
    readonly trustedProxies?: readonly Network[] | undefined
    /** Whether trusted proxies may name whoever asks by x-hyops headers, for tests. */
    readonly testHeaders?: boolean
    /** The key of the caller that trusted proxies are whose `opa` plugins send none. */
    readonly opaGatewayKey?: string | undefined
    /** Of this server, for those who ask what decided. */
    readonly version?: string
  }

export type HttpOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly tls?: CertificateFiles
  readonly patience?: Patience
}

/** Connect JSON, the REST paths, and health. */
export function startHttpServer(needs: HttpNeeds, options: HttpOptions): Promise<HttpServer> {
  const app = createApp(needs, options.tls, options.patience)
  const pipeline = createPipeline(needs)
  const rpcs = createVerbTable(needs)
  const rest = createRest({ ...needs, pipeline }, rpcs)
  addConnectRoutes(app, { pipeline, now: needs.now }, rpcs)
  addSubjectRoutes(app, needs)
  addAdminUserRoutes(app, rest)
  addAdminApplicationRoutes(app, rest)
  addReconcileRoutes(app, rest, needs)
  addEntitlementAdminRoutes(app, rest, needs)
  addAccessRoutes(app, rest, needs.upgradeUrl)
  const { authzen } = needs
  if (authzen !== undefined) addAuthzenRoutes(app, { ...needs, pipeline, authzen })
  if (needs.webhook !== undefined) addStripeRoutes(app, needs.webhook)
  const { trustedProxies = [], testHeaders = false } = needs
  const isTrustedProxy = createTrustedProxies(trustedProxies)
  addForwardAuthRoutes(app, { ...needs, isTrustedProxy, testHeaders })
  addOpaRoutes(app, { ...needs, isTrustedProxy, pipeline }, rpcs)
  addHealthRoutes(app, needs)
  return listen(app, options.host, options.port)
}
