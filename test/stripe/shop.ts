import { grantInside } from '#admin/grant-entitlement.ts'
import type { GrantInput } from '#admin/grant-types.ts'
import { addMember, addOrganization } from '#admin/organizations.ts'
import { addSubject } from '#admin/people.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from '#stripe/account.ts'
import { type Applied, applyState } from '#stripe/apply-state.ts'
import type { Lifecycle, Mapping } from '#stripe/rules.ts'
import type { CustomerState } from '#stripe/state.ts'
import { addEntitlement, addModule, addPlan, addProduct, publishPlan } from '#test/fixtures/catalogue.ts'
import { createTenant } from '#test/fixtures/create-tenant.ts'
import type { Targets } from './any-state.ts'
import { began, day } from './states.ts'

/** A row of grants, in short: what it gives, of what, and its terms where it has any. Times in days since `began`. */
export type Row = {
  readonly gives: string
  readonly ref: string
  readonly source: string
  readonly granted_by: string | null
  readonly access?: 'read_only'
  readonly effect?: string
  readonly from: number
  readonly to?: number
  readonly due?: number
  readonly quantity?: number
  readonly value?: unknown
  readonly pool?: string
}

export type Shop = Awaited<ReturnType<typeof openShop>>

/** A tenant that sells: a person, an organization with a member, a catalogue, and a Stripe account. */
export async function openShop(sql: Sql) {
  const { tenant } = await createTenant(sql, { key: `t-${newId().slice(-12)}` })
  let now = began + 40 * day
  const write = <T>(work: (tx: Tx) => Promise<T>, action = 'Test', actor = 'test', cause?: string) =>
    withTenant(sql, { tenant, actor, action, ...(cause && { cause }) }, work)

  const { result: made } = await write(async (tx) => {
    await addModule(tx, tenant, { key: 'learn', provisioning: 'org_hierarchy' })
    const docs = await addEntitlement(tx, tenant, { key: 'docs' })
    const api = await addEntitlement(tx, tenant, { key: 'api', kind: 'limit', combine: 'max' })
    const app = await addProduct(tx, tenant, { key: 'app', requires_entitlement: true })
    for (const key of ['free', 'pro', 'team']) await addPlan(tx, tenant, { key, kind: 'tier', rank: 1 })
    const free = await publishPlan(tx, tenant, 'free', [])
    const pro = await publishPlan(tx, tenant, 'pro', [{ entitlement: 'docs' }, { product: 'app' }])
    const team = await publishPlan(tx, tenant, 'team', [{ product: 'app' }])
    const person = await addSubject(tx, tenant)
    const organization = await addOrganization(tx, tenant, { key: 'company' })
    await addMember(tx, tenant, { organization, subject: person })
    return { targets: { docs, api, app, free, pro, team } satisfies Targets, person, organization }
  })
  const account = await addAccount(sql, tenant)

  const apply = async (
    state: CustomerState,
    of: StripeAccount = account,
    cause = 'evt_1',
  ): Promise<Applied & Done> => {
    const scope = { tenant, actor: 'stripe', cause, now }
    const done = await write(
      (tx) => applyState(tx, scope, of, state),
      'StripeCustomerSynced',
      'stripe',
      cause,
    )
    return { ...done.result, changed: done.changed }
  }

  const rows = async (holder: string, live = true): Promise<readonly Row[]> => {
    const { result } = await write(
      (tx) => tx<{ row: Row }[]>`
        select jsonb_strip_nulls(jsonb_build_object('gives', coalesce(l.key, p.key, e.key), 'ref', g.source_ref,
          'source', g.source, 'granted_by', g.granted_by, 'access', nullif(g.access, 'full'), 'effect', nullif(g.effect, 'allow'),
          'from', ${days(tx, 'starts_at')}, 'to', ${days(tx, 'ends_at')}, 'due', ${days(tx, 'past_due_at')},
          'quantity', g.quantity, 'value', g.value, 'pool', o.key)) as row
        from vouchsafe.grants g
        left join vouchsafe.entitlements e on e.tenant_id = g.tenant_id and e.id = g.entitlement_id
        left join vouchsafe.products p on p.tenant_id = g.tenant_id and p.id = g.product_id
        left join vouchsafe.plan_versions v on v.tenant_id = g.tenant_id and v.id = g.plan_version_id
        left join vouchsafe.plans l on l.tenant_id = v.tenant_id and l.id = v.plan_id
        left join vouchsafe.seat_pools o on o.tenant_id = g.tenant_id and o.id = g.pool_id
        where g.tenant_id = ${tenant} and ${holder} in (g.subject_id, g.organization_id)
          and (not ${live} or (g.revoked_at is null and (g.ends_at is null or g.ends_at > ${new Date(now)})))
        order by g.source, g.source_ref, 1, g.id`,
    )
    return result.map(({ row }) => row)
  }

  return {
    sql,
    tenant,
    account,
    ...made,
    get now() {
      return now
    },
    /** Days since `began`. */
    at(days: number) {
      now = began + days * day
    },
    scope: () => ({ tenant, actor: 'clr_admin', now }),
    write,
    apply,
    rows,
    /** Live rows as "what ref". */
    has: async (holder: string) => (await rows(holder)).map(({ gives, ref }) => `${gives} ${ref}`),
    account2: () => addAccount(sql, tenant),
    map: (...mappings: Mapping[]) => write((tx) => map(tx, tenant, mappings)),
    lifecycle: (lifecycle: Lifecycle) =>
      write(async (tx) => {
        await tx`insert into vouchsafe.lifecycles ${tx({ tenant_id: tenant, id: newId(), ...lifecycle } as never)}`
      }),
    bind: (customer: string, holder: { subject_id: string } | { organization_id: string }, of = account) =>
      write(async (tx) => {
        const who = { tenant_id: tenant, id: newId(), account_id: of.id, customer, ...holder }
        await tx`insert into vouchsafe.stripe_customers ${tx({ ...who, bound_by: 'admin', bound_at: new Date(began) } as never)}`
      }),
    give: (input: GrantInput) =>
      write((tx) => grantInside(tx, { tenant, actor: 'clr_admin' }, input, now), 'AdminEntitlementGranted'),
  }
}

type Done = { readonly changed: boolean }

const days = (tx: Tx, column: string) =>
  tx`round(extract(epoch from g.${tx(column)} - ${new Date(began)}::timestamptz) / 86400, 3)`

async function addAccount(sql: Sql, tenant: string): Promise<StripeAccount> {
  const id = newId()
  const key = `shop-${id.slice(-12)}`
  const secrets = { api_key: 'env:STRIPE_KEY', webhook_secrets: ['env:STRIPE_SECRET'] }
  await withTenant(sql, { tenant, actor: 'test', action: 'Test' }, async (tx) => {
    await tx`insert into vouchsafe.stripe_accounts ${tx({ tenant_id: tenant, id, key, livemode: false, ...secrets })}`
  })
  return { tenant, id, key, livemode: false, ...secrets, active: true }
}

async function map(tx: Tx, tenant: string, mappings: readonly Mapping[]): Promise<void> {
  for (const { match, external_id, quantity, ...more } of mappings) {
    const row = {
      tenant_id: tenant,
      id: newId(),
      match,
      external_id,
      quantity,
      plan_version_id: more.plan_version_id ?? null,
      product_id: more.product_id ?? null,
      entitlement_id: more.entitlement_id ?? null,
      module: more.module ?? null,
      pool: more.pool ?? null,
    }
    await tx`insert into vouchsafe.price_mappings ${tx(row)}`
  }
}
