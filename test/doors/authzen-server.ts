import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Server, startServer } from '#test/end-to-end/server.ts'

const root = resolve(import.meta.dirname, '../..')

export type Reply = {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a body of whatever was asked
  readonly body: any
}

/** What a decision point is asked with, by a client of its own. */
export type Pep = {
  readonly post: (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
    key?: string,
  ) => Promise<Reply>
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Reply>
}

export const publicUrl = 'https://pdp.example.com'

/** A whole server with the fixture of the certification scenario, loaded as its README says; `key` is of a service. */
export async function startCertified(env: Readonly<Record<string, string>> = {}) {
  const server = await startServer({
    VOUCHSAFE_BUNDLE: resolve(root, 'bundles/authzen.tar.gz'),
    VOUCHSAFE_PUBLIC_URL: publicUrl,
    ...env,
  })
  await promisify(execFile)('sh', ['examples/authzen/load.sh'], {
    cwd: root,
    env: {
      ...process.env,
      CLI: `${process.execPath} bin/vouchsafe.js`,
      VOUCHSAFE_SERVER: server.grpc,
      VOUCHSAFE_KEY: server.key,
    },
  })
  const tenant = await tenantId(server)
  const { key } = await server.caller(tenant, 'service')
  return { server, tenant, key, pep: pepOf(server, key) }
}

async function tenantId({ place }: Server): Promise<string> {
  const [row] = await place.database.sql<
    { tenant_id: string }[]
  >`select tenant_id from vouchsafe.tenants where key = 'authzen'`
  return row?.tenant_id ?? ''
}

export function pepOf({ http }: Pick<Server, 'http'>, key: string): Pep {
  const ask = async (path: string, init: RequestInit): Promise<Reply> => {
    const reply = await fetch(`http://${http}${path}`, init)
    const text = await reply.text()
    return { status: reply.status, headers: reply.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    post: (path, body, headers = {}, as = key) =>
      ask(path, {
        method: 'POST',
        headers: {
          ...(as !== '' && { authorization: `Bearer ${as}` }),
          'content-type': 'application/json',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => ask(path, { headers }),
  }
}

export const user = (id: string, properties?: object) => ({
  type: 'user',
  id,
  ...(properties && { properties }),
})
export const record = (id: string, properties?: object) => ({
  type: 'record',
  id,
  ...(properties && { properties }),
})
export const act = (name: string, properties?: object) => ({ name, ...(properties && { properties }) })
