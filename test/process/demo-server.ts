import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createClient } from '#client/client.ts'
import { devIss, openDevIssuer } from '#main/dev-issuer.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { keyIn, ownPorts, start, temporaryFolder } from './vouchsafe.ts'

type Options = { readonly env?: Readonly<Record<string, string>>; readonly command?: readonly string[] }

/** A server with the demo on a database of its own, and a client that asks about alice. */
export async function demoServer({ env = {}, command = ['serve'] }: Options = {}) {
  const data = join(temporaryFolder(), 'data')
  const database: FreshDatabase = await freshDatabase({ max: 1 })
  onTestFinished(database.drop)
  const server = start(command, {
    env: {
      ...ownPorts(data),
      DATABASE_URL: database.url,
      VOUCHSAFE_SECRET: randomBytes(32).toString('base64url'),
      VOUCHSAFE_DEMO: 'on',
      ...env,
    },
  })
  const addresses = await server.up()
  const client = createClient({ address: addresses.grpc, apiKey: keyIn(data) })
  onTestFinished(client.close)
  const token = await (await openDevIssuer(data)).sign('alice', {}, 600)
  const ask = (entitlement: string, atLeast?: string) =>
    client.check({
      subject: { subject: { case: 'accessToken', value: token } },
      entitlement,
      ...(atLeast !== undefined && { consistency: { demand: { case: 'atLeast', value: atLeast } } }),
    })
  const grant = (entitlement: string) =>
    client.grant({
      tenant: 'acme',
      holder: { holder: { case: 'identity', value: { issuer: devIss, subject: 'alice' } } },
      target: { target: { case: 'entitlement', value: entitlement } },
    })
  return { server, addresses, data, database, client, ask, grant }
}
