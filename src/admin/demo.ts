import type { JsonObject } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { addDemoCatalogue } from './demo-catalogue.ts'
import { addDemoStories } from './demo-stories.ts'
import { findTenant } from './find-tenant.ts'
import { grantInside } from './grant-entitlement.ts'
import type { By, Needs } from './grant-types.ts'
import { createIssuer } from './issuers.ts'
import { addSubject } from './people.ts'
import { makeTenant } from './tenants.ts'

/** The local development issuer: its name and the public half of its keys. */
export type DemoIssuer = {
  readonly iss: string
  /** Of tokens for acme; those for globex carry "<audience>-globex". */
  readonly audience: string
  readonly jwks: JsonObject
}

/**
 * Makes the demo tenants acme and globex where they are missing, each in one transaction, and keeps the development
 * issuer's keys at the given ones. The same keys in both tenants mean different things: that is the point of globex.
 */
export async function loadDemo(
  needs: Needs,
  issuer: DemoIssuer,
): Promise<{ readonly acme: string; readonly globex: string }> {
  const now = (needs.now ?? Date.now)()
  const acme = await demoTenant(needs, now, 'acme', issuer, (tx, by) =>
    addDemoStories(tx, by, issuer.iss, now),
  )
  const other = { ...issuer, audience: `${issuer.audience}-globex` }
  const globex = await demoTenant(needs, now, 'globex', other, async (tx, by) => {
    const alice = await addSubject(tx, by.tenant, { identities: [{ iss: issuer.iss, sub: 'alice' }] })
    await grantInside(tx, by, { holder: { subject: alice }, target: { plan: 'pro' } }, now)
  })
  return { acme, globex }
}

async function demoTenant(
  needs: Needs,
  now: number,
  key: string,
  issuer: DemoIssuer,
  fill: (tx: Tx, by: By) => Promise<void>,
): Promise<string> {
  const found = await findTenant(needs, key)
  const by = { tenant: found ?? newId(), actor: 'demo' }
  const scope = { ...by, action: 'LoadDemo', ...(needs.committed && { committed: needs.committed }) }
  await withTenant(needs.sql, scope, async (tx) => {
    if (found !== undefined) return renewKeys(tx, by.tenant, issuer)
    const write = { ...by, now }
    const name = key === 'acme' ? 'Acme' : 'Globex'
    await makeTenant(tx, write, { key, name, default_module: 'app', default_tier: 'free' })
    await createIssuer(tx, write, issuerDocument(issuer))
    await addDemoCatalogue(tx, write)
    await fill(tx, by)
  })
  return by.tenant
}

function issuerDocument({ iss, audience, jwks }: DemoIssuer) {
  return {
    iss,
    audiences: [audience],
    jwks,
    authority: 'both',
    claim_map: {
      tier: 'tier',
      roles: ['roles'],
      entitlements: 'entitlements',
      attributes: { country: 'country' },
      role_names: { learn_admin: 'admin' },
      role_plans: { learn_member: 'learn_member' },
    },
  } as const
}

async function renewKeys(tx: Tx, tenant: string, issuer: DemoIssuer): Promise<void> {
  const jwks = tx.json(issuer.jwks as never)
  await tx`update vouchsafe.issuers set jwks = ${jwks}
    where tenant_id = ${tenant} and iss = ${issuer.iss} and jwks is distinct from ${jwks}`
}
