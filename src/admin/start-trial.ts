import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Command, Scope } from './command.ts'
import { failed } from './failed.ts'
import { grantInside } from './grant-entitlement.ts'
import type { GrantRecord, HolderRef } from './grant-types.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { ofHolder } from './of-holder.ts'
import { type Holder, resolveOrCreateHolder } from './resolve-holder.ts'

export type TrialInput = {
  readonly holder: HolderRef
  /** "key" or "key@n". */
  readonly plan: string
  /** 0: as many as the plan says. */
  readonly days: number
  readonly module: string
  readonly scope_organization: string
  readonly reason: string
}

export type Trial = { readonly grant: GrantRecord; readonly group: string }

const dayMs = 86_400_000

/**
 * Gives a plan for some days. It ends by itself; whatever becomes of it, the holder has no other trial of the group.
 * Errors: NOT_FOUND, INVALID_FIELD (days), FAILED_PRECONDITION (the group's trial is used up: names the first).
 */
export const startTrial: Command<TrialInput, Trial> = async (tx, scope, input) => {
  const { tenant, now } = scope
  const { group, trial_days } = await planOf(tx, tenant, input.plan)
  const days = input.days || trial_days
  if (days === null) throw invalid('days', 'The plan does not say for how many days: give a number of days.')
  const holder = await resolveOrCreateHolder(tx, tenant, input.holder)
  await refuseSecond(tx, tenant, holder, group)
  const { grant } = await grantInside(
    tx,
    scope,
    {
      holder: refOf(holder),
      target: { plan: input.plan },
      ...(input.module && { module: input.module }),
      ...(input.scope_organization && { scope_organization: input.scope_organization }),
      source: 'trial',
      source_ref: group,
      starts_at: now,
      ends_at: now + days * dayMs,
      reason: input.reason,
    },
    now,
  )
  await use(tx, scope, holder, group, grant)
  return { grant, group }
}

/** A plan without a group is one of its own. */
async function planOf(tx: Tx, tenant: string, text: string) {
  const key = text.replace(/@\d+$/, '')
  const [plan] = await tx<{ group: string; trial_days: number | null }[]>`
    select coalesce(group_key, key)::text as group, trial_days from vouchsafe.plans
    where tenant_id = ${tenant} and key = ${key}`
  if (!plan) throw notFound('plan', text)
  return plan
}

/** A trial that came another way, such as an import, counts as well. */
async function refuseSecond(tx: Tx, tenant: string, holder: Holder, group: string): Promise<void> {
  const { subject_id, organization_id } = holder
  const [first] = await tx<{ id: string; starts_at: number }[]>`
    select g.id, g.starts_at from vouchsafe.grants g
    where g.tenant_id = ${tenant}
      and ${ofHolder(tx, holder)}
      and (g.id in (select t.grant_id from vouchsafe.trial_uses t where t.tenant_id = ${tenant} and t.group_key = ${group}
          and ${subject_id === null ? tx`t.subject_id is null and t.organization_id = ${organization_id}` : tx`t.subject_id = ${subject_id}`})
        or (g.source = 'trial' and g.plan_version_id in (
          select v.id from vouchsafe.plan_versions v
          join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
          where v.tenant_id = ${tenant} and coalesce(p.group_key, p.key) = ${group})))
    order by g.starts_at, g.id limit 1`
  if (!first) return
  const started_at = new Date(first.starts_at).toISOString()
  throw failed(`The trial of "${group}" was used on ${started_at.slice(0, 10)}.`, {
    group,
    grant: `grt_${first.id}`,
    started_at,
  })
}

async function use(tx: Tx, scope: Scope, holder: Holder, group: string, grant: GrantRecord): Promise<void> {
  const row = { tenant_id: scope.tenant, id: newId(scope.now), group_key: group, ...holder }
  await tx`insert into vouchsafe.trial_uses ${tx({ ...row, grant_id: readId('grt', grant.id) ?? null })}`
}

function refOf({ subject_id, organization_id }: Holder): HolderRef {
  return subject_id ? { subject: subject_id } : { organization: organization_id ?? '' }
}
