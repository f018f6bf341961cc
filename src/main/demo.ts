import { loadDemo as load } from '#admin/demo.ts'
import type { JsonObject } from '#core/json.ts'
import type { Sql } from '#postgres/pool.ts'
import { devAudience, devIss, openDevIssuer } from './dev-issuer.ts'

/** Loads the demo tenants once, and keeps the local development issuer's public key in them. */
export async function loadDemo(sql: Sql, dataFolder: string): Promise<void> {
  const { jwks } = await openDevIssuer(dataFolder)
  await load({ sql }, { iss: devIss, audience: devAudience, jwks: jwks as unknown as JsonObject })
}
