import type { Issuer } from '#core/catalogue.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { addIssuer } from './catalogue.ts'
import { addDemoCatalogue } from './demo-catalogue.ts'
import { addDemoStories } from './demo-stories.ts'
import { grantInside } from './grant-entitlement.ts'
import type { By, Needs } from './grant-types.ts'
import { addSubject } from './people.ts'
import { findTenant } from './tenant.ts'

/** The local development issuer: its name and the public half of its keys. */
export type DemoIssuer = {
  readonly iss: string
  /** Of tokens for acme; those for globex carry "<audience>-globex". */
  readonly audience: string
  readonly jwks: NonNullable<Issuer['jwks']>
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
  const acme = await demoTenant(needs, 'acme', issuer, (tx, by) => addDemoStories(tx, by, issuer.iss, now))
  const other = { ...issuer, audience: `${issuer.audience}-globex` }
  const globex = await demoTenant(needs, 'globex', other, async (tx, by) => {
    const alice = await addSubject(tx, by.tenant, { identities: [{ iss: issuer.iss, sub: 'alice' }] })
    await grantInside(tx, by, { holder: { subject: alice }, target: { plan: 'pro' } }, now)
  })
  return { acme, globex }
}

async function demoTenant(
  needs: Needs,
  key: string,
  issuer: DemoIssuer,
  fill: (tx: Tx, by: By) => Promise<void>,
): Promise<string> {
  const found = await findTenant(needs, key)
  const by = { tenant: found ?? newId(), actor: 'demo' }
  const scope = { ...by, action: 'LoadDemo', ...(needs.committed && { committed: needs.committed }) }
  await withTenant(needs.sql, scope, async (tx) => {
    if (found !== undefined) return renewKeys(tx, by.tenant, issuer)
    const tenant = { tenant_id: by.tenant, key, name: key === 'acme' ? 'Acme' : 'Globex' }
    await tx`insert into vouchsafe.tenants ${tx({ ...tenant, default_module: 'app', default_tier: 'free' })}`
    await addIssuer(tx, by.tenant, issuerRow(issuer))
    await addDemoCatalogue(tx, by.tenant)
    await fill(tx, by)
  })
  return by.tenant
}

function issuerRow({ iss, audience, jwks }: DemoIssuer) {
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
