import { ofHolder } from '#admin/of-holder.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import { type CustomerName, isOwn } from './customer-name.ts'
import { matchesOf } from './matches-of.ts'
import type { Lifecycle, Mapping, Rules } from './rules.ts'
import type { CustomerState } from './state.ts'

/** What the projection has to know beside this state, for this holder. */
export async function readRules(
  tx: Tx,
  customer: CustomerName,
  holder: Holder,
  state: CustomerState,
): Promise<Rules> {
  return {
    mappings: await mappings(tx, customer.tenant, matchesOf(state)),
    lifecycles: await lifecycles(tx, customer.tenant),
    trials_had: await trialsHad(tx, customer, holder),
    organization: holder.organization_id !== null,
  }
}

async function mappings(tx: Tx, tenant: string, ids: readonly string[]): Promise<readonly Mapping[]> {
  const rows = await tx<{ mapping: Mapping }[]>`
    select jsonb_strip_nulls(jsonb_build_object('match', m.match, 'external_id', m.external_id,
      'plan_version_id', m.plan_version_id, 'product_id', m.product_id, 'entitlement_id', m.entitlement_id,
      'entitlement_key', e.key, 'plan_id', p.id, 'trial_group', coalesce(p.group_key, p.key), 'module', m.module,
      'holder', case d.provisioning when 'direct_user' then 'subject' when 'org_hierarchy' then 'organization'
        when 'delegated_admin' then 'organization' end,
      'quantity', m.quantity, 'pool', m.pool)) as mapping
    from vouchsafe.price_mappings m
    left join vouchsafe.entitlements e on e.tenant_id = m.tenant_id and e.id = m.entitlement_id
    left join vouchsafe.plan_versions v on v.tenant_id = m.tenant_id and v.id = m.plan_version_id
    left join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
    left join vouchsafe.modules d on d.tenant_id = m.tenant_id and d.key = m.module
    where m.tenant_id = ${tenant} and m.external_id = any(${ids as string[]})
    order by m.id`
  return rows.map(({ mapping }) => mapping)
}

async function lifecycles(tx: Tx, tenant: string): Promise<readonly Lifecycle[]> {
  const rows = await tx<{ lifecycle: Lifecycle }[]>`
    select jsonb_strip_nulls(to_jsonb(l) - 'tenant_id' - 'id') as lifecycle
    from vouchsafe.lifecycles l where l.tenant_id = ${tenant} order by l.id`
  return rows.map(({ lifecycle }) => lifecycle)
}

// This customer's own trials are in its state. What is said there counts, not what was seen of it before.
async function trialsHad(tx: Tx, customer: CustomerName, holder: Holder): Promise<readonly string[]> {
  const { tenant } = customer
  const rows = await tx<{ group: string }[]>`
    select distinct t.group_key::text as group from vouchsafe.grants g
    join vouchsafe.trial_uses t on t.tenant_id = g.tenant_id and t.grant_id = g.id
    where g.tenant_id = ${tenant} and ${ofHolder(tx, holder)} and not exists (
      select from vouchsafe.stripe_grants o where ${isOwn(tx, customer)} and o.grant_id = g.id)
    union
    select coalesce(p.group_key, p.key)::text from vouchsafe.grants g
    join vouchsafe.plan_versions v on v.tenant_id = g.tenant_id and v.id = g.plan_version_id
    join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
    where g.tenant_id = ${tenant} and g.source = 'trial' and ${ofHolder(tx, holder)}
    order by 1`
  return rows.map(({ group }) => group)
}
