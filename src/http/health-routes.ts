import type { FastifyInstance } from 'fastify'
import type { Health } from '#observe/health.ts'

/** What is configured and answers, for /healthz. Never how. */
export type Integrations = {
  readonly db: boolean
  readonly stripe_webhook: boolean
  readonly keycloak_sync: boolean
}

export type HealthNeeds = {
  readonly health: Pick<Health, 'readiness' | 'stale'>
  readonly integrations: () => Integrations
}

/** Live as long as it answers; ready with a usable snapshot and bundle. Anybody may ask, and learns no more. */
export function addHealthRoutes(app: FastifyInstance, { health, integrations }: HealthNeeds): void {
  app.get('/health/live', () => ({ status: 'live' }))
  app.get('/health/ready', (_request, reply) => {
    const { ready, state, missing } = health.readiness()
    return reply.code(ready ? 200 : 503).send({ ready, state, missing, stale: health.stale() })
  })
  app.get('/healthz', (_request, reply) => {
    const { db, stripe_webhook, keycloak_sync } = integrations()
    const ok = health.readiness().ready
    return reply.code(ok ? 200 : 503).send({ ok, service: 'vouchsafe', db, stripe_webhook, keycloak_sync })
  })
}
