import type { IssuerDocument } from '#admin/issuers.ts'
import type { TenantDocument } from '#admin/tenants.ts'
import { devIss } from '#main/dev-issuer.ts'
import { addIssuer } from '#test/fixtures/catalogue.ts'
import { createTenant } from '#test/fixtures/create-tenant.ts'
import type { Server } from './server.ts'

/** A tenant made while the server runs, with the identity provider of the demo under an audience of its own. */
export async function newTenant(
  { place, write }: Server,
  input: Partial<TenantDocument> & { readonly key: string },
  issuer: Partial<Pick<IssuerDocument, 'authority' | 'claim_map'>> = {},
): Promise<{ readonly tenant: string; readonly audience: string }> {
  const audience = `${input.key}-app`
  const { tenant } = await createTenant(place.database.sql, input)
  await write(tenant, (tx) =>
    addIssuer(tx, tenant, { iss: devIss, audiences: [audience], jwks: place.jwks, ...issuer }),
  )
  return { tenant, audience }
}
