import type { DescMethod } from '@bufbuild/protobuf'
import type { Verbs } from '#decide/verbs.ts'
import { type HttpOptions, startHttpServer } from '#http/start-http-server.ts'
import { startOpsServer } from '#http/start-ops-server.ts'
import { createMetrics } from '#observe/metrics.ts'
import { doorNeeds } from '#test/rpc/needs.ts'

/** A real HTTP server on a free port, asked with fetch. Close it with `await using`. */
export async function httpDoor(overrides: Partial<Verbs> = {}, options: Partial<HttpOptions> = {}) {
  const parts = doorNeeds(overrides)
  const integrations = () => ({ db: true, stripe_webhook: false, keycloak_sync: false })
  const needs = { ...parts.needs, integrations }
  const server = await startHttpServer(needs, { host: '127.0.0.1', port: 0, ...options })
  const key = parts.keyOf(['service'])
  const base = `http://127.0.0.1:${server.port}`
  return {
    ...parts,
    server,
    base,
    key,
    get: (path: string, headers: Record<string, string> = { authorization: `Bearer ${key}` }) =>
      fetch(base + path, { headers }),
    post: (method: DescMethod, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${base}/${method.parent.typeName}/${method.name}`, {
        method: 'POST',
        body:
          typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
      }),
    async [Symbol.asyncDispose]() {
      await server.close()
      parts.close()
    },
  }
}

export async function opsDoor() {
  const parts = doorNeeds()
  const metrics = createMetrics({ version: '0', snapshotAgeMs: () => 0, process: false })
  const integrations = () => ({ db: false, stripe_webhook: true, keycloak_sync: false })
  const server = await startOpsServer(
    { ...parts.needs, metrics, integrations },
    { host: '127.0.0.1', port: 0 },
  )
  return {
    ...parts,
    server,
    get: (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`),
    async [Symbol.asyncDispose]() {
      await server.close()
      parts.close()
    },
  }
}
