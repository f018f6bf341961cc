import { addIssuer } from '#admin/catalogue.ts'
import { createTenant, type NewTenant } from '#admin/tenant.ts'
import type { Issuer } from '#core/catalogue.ts'
import { devIss } from '#main/dev-issuer.ts'
import type { Server } from './server.ts'

/** A tenant made while the server runs, with the identity provider of the demo under an audience of its own. */
export async function newTenant(
  { place, write }: Server,
  input: NewTenant,
  issuer: Partial<Pick<Issuer, 'authority' | 'claim_map'>> = {},
): Promise<{ readonly tenant: string; readonly audience: string }> {
  const audience = `${input.key}-app`
  const { tenant } = await createTenant({ sql: place.database.sql }, 'test', input)
  await write(tenant, (tx) =>
    addIssuer(tx, tenant, { iss: devIss, audiences: [audience], jwks: place.jwks, ...issuer }),
  )
  return { tenant, audience }
}
