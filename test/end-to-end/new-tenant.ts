import { vi } from 'vitest'
import { addIssuer } from '#admin/catalogue.ts'
import { createTenant, type NewTenant } from '#admin/tenant.ts'
import type { Issuer } from '#core/catalogue.ts'
import { devIss } from '#main/dev-issuer.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { Server } from './server.ts'

/** A tenant made while the server runs, with the identity provider of the demo under an audience of its own. */
export async function newTenant(
  { place, operator }: Server,
  input: NewTenant,
  issuer: Partial<Pick<Issuer, 'authority' | 'claim_map'>> = {},
): Promise<{ readonly tenant: string; readonly audience: string }> {
  const { sql } = place.database
  const audience = `${input.key}-app`
  const { tenant } = await createTenant({ sql }, 'test', input)
  await withTenant(sql, { tenant, actor: 'test', action: 'Test' }, (tx) =>
    addIssuer(tx, tenant, { iss: devIss, audiences: [audience], jwks: place.jwks, ...issuer }),
  )
  // A question cannot wait for a tenant the server has not heard of: it is refused like a foreign one.
  const accessToken = await place.token('nobody', {}, { audience })
  const subject = { subject: { case: 'accessToken', value: accessToken } } as const
  await vi.waitFor(() => operator.listEntitlements({ subject, tenant }), 10_000)
  return { tenant, audience }
}
