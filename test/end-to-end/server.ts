import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { addCaller, addCallerKey } from '#admin/callers.ts'
import { type Client, createClient } from '#client/client.ts'
import { loadConfig } from '#config'
import { encodeRevision } from '#core/revision.ts'
import type { Role } from '#core/tenant-view.ts'
import type { CheckRequestSchema, CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import { apiKeyRandomBytes, generateApiKey } from '#identity/api-key.ts'
import { type Running, startVouchsafe } from '#main'
import { devIss } from '#main/dev-issuer.ts'
import type { Tx } from '#postgres/pool.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { makePlace, type Place, type TokenOptions } from './place.ts'

export type Question = Omit<MessageInitShape<typeof CheckRequestSchema>, 'subject' | '$typeName'>

export type Server = Running & {
  readonly place: Place
  /** The platform's operator over gRPC, and its key. */
  readonly operator: Client
  readonly key: string
  /** Another client of the same server. */
  readonly connect: (key: string) => Client
  /** Check about the bearer of a new token. A text asks for that entitlement. */
  readonly ask: (
    sub: string,
    question: Question | string,
    claims?: Readonly<Record<string, unknown>>,
    token?: TokenOptions,
  ) => Promise<CheckResponse>
  /** Writes as a process of its own would, and comes back when the server answers with it. */
  readonly write: <T>(tenant: string, work: (tx: Tx, tenant: string) => Promise<T>) => Promise<T>
  /** A new caller of the tenant. */
  readonly caller: (tenant: string, ...roles: Role[]) => Promise<{ client: Client; key: string; id: string }>
}

export const bundleFile = resolve(import.meta.dirname, '../../bundles/default.tar.gz')

/** A whole server on a fresh database with the demo tenants; `stop` removes both. */
export async function startServer(env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const place = await makePlace()
  try {
    const server = await serve(place, { env })
    const stop = async () => {
      await server.stop()
      await place.remove()
    }
    return { ...server, stop }
  } catch (error) {
    await place.remove()
    throw error
  }
}

/** One server on what is there. `key`: the operator's, where the folder that held it is gone. */
export async function serve(
  place: Place,
  { env = {}, key: known }: { readonly env?: Readonly<Record<string, string>>; readonly key?: string } = {},
): Promise<Server> {
  const anyPort = '127.0.0.1:0'
  const config = loadConfig({
    env: {
      DATABASE_URL: place.database.url,
      VOUCHSAFE_SECRET: 'a5VdS0Wqk2nQ7xTz9uPbLr3mYc8eHg1JfNo6iKwXvZs',
      VOUCHSAFE_DATA: place.data,
      VOUCHSAFE_BUNDLE: bundleFile,
      VOUCHSAFE_GRPC_ADDRESS: anyPort,
      VOUCHSAFE_HTTP_ADDRESS: anyPort,
      VOUCHSAFE_OPS_ADDRESS: anyPort,
      VOUCHSAFE_WAIT_MS: '5000',
      VOUCHSAFE_LOG_LEVEL: 'silent',
      VOUCHSAFE_DATABASE_POOL: '4',
      ...env,
    },
  })
  const running = await startVouchsafe(config, { notice: () => undefined })
  const key = known ?? (await readFile(join(place.data, 'operator.key'), 'utf8')).trim()
  const clients: Client[] = []
  const connect = (apiKey: string) => {
    const client = createClient({ address: running.grpc, apiKey, timeoutMs: 20_000 })
    clients.push(client)
    return client
  }
  const operator = connect(key)

  const write: Server['write'] = async (tenant, work) => {
    const scope = { tenant, actor: 'test', action: 'Test' }
    const { result, revision } = await withTenant(place.database.sql, scope, (tx) => work(tx, tenant))
    const consistency = { demand: { case: 'atLeast', value: encodeRevision(revision) } } as const
    const nobody = { issuer: devIss, subject: 'nobody' }
    const subject = { subject: { case: 'principal', value: nobody } } as const
    await operator.listEntitlements({ subject, tenant, consistency })
    return result
  }

  return {
    ...running,
    place,
    operator,
    key,
    connect,
    write,
    async ask(sub, question, claims, options) {
      const subject = { case: 'accessToken', value: await place.token(sub, claims, options) } as const
      const asked = typeof question === 'string' ? { entitlement: question } : question
      return operator.check({ ...asked, subject: { subject } })
    },
    async caller(tenant, ...roles) {
      const { text, id, sha256 } = generateApiKey(randomBytes(apiKeyRandomBytes))
      await write(tenant, async (tx) => {
        const caller = await addCaller(tx, tenant, { name: roles.join('-'), kind: 'key', roles })
        await addCallerKey(tx, tenant, caller, { id, sha256 })
      })
      return { client: connect(text), key: text, id }
    },
    async stop() {
      for (const client of clients) client.close()
      await running.stop()
    },
  }
}
