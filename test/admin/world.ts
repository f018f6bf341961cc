import type { By, Needs } from '#admin/grant-types.ts'
import { addMember, addOrganization, addSeatPool } from '#admin/organizations.ts'
import { addSubject } from '#admin/people.ts'
import type { Sql } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { addEntitlement, addModule, addPlan, addProduct, publishPlan } from '#test/fixtures/catalogue.ts'
import { createTenant } from '#test/fixtures/create-tenant.ts'

export type World = {
  readonly by: By
  readonly needs: Needs & { readonly now: () => number }
  readonly at: (ms: number) => void
  readonly subject: string
  readonly organization: string
  readonly pool: string
}

export const start = Date.UTC(2026, 10, 21)
export const day = 86_400_000

/** A tenant with one of each: a person, an organization with a pool, entitlements, a product, a plan of two versions. */
export async function newWorld(sql: Sql): Promise<World> {
  let now = start
  const needs = { sql, now: () => now }
  const { tenant } = await createTenant(sql, { key: `t-${newId().slice(-12)}` })
  const { result } = await withTenant(sql, { tenant, actor: 'test', action: 'Fill' }, async (tx) => {
    await addModule(tx, tenant, { key: 'learn' })
    await addEntitlement(tx, tenant, { key: 'docs' })
    await addEntitlement(tx, tenant, { key: 'api_calls', kind: 'limit', combine: 'max' })
    await addProduct(tx, tenant, { key: 'app', requires_entitlement: true })
    await addPlan(tx, tenant, { key: 'pro', kind: 'tier', rank: 2 })
    await publishPlan(tx, tenant, 'pro', [{ entitlement: 'docs' }])
    await publishPlan(tx, tenant, 'pro', [{ entitlement: 'docs' }, { product: 'app' }])
    const subject = await addSubject(tx, tenant)
    const organization = await addOrganization(tx, tenant, { key: 'company' })
    await addMember(tx, tenant, { organization, subject })
    const pool = await addSeatPool(tx, tenant, { organization, key: 'team' })
    return { subject, organization, pool }
  })
  const at = (ms: number) => {
    now = ms
  }
  return { ...result, by: { tenant, actor: 'clr_admin' }, needs, at }
}
