import type { Catalogue, Plan } from '#core/catalogue.ts'
import type { Grant } from '#core/grant.ts'
import type { Principal } from '#core/principal.ts'
import type { Gathered, Reaching } from './gather.ts'

const dayMs = 86_400_000
const longestGraceDays = 60
/** As the policy's lib has it: what is withheld for want of a seat or a context gives no tier either. */
const reaches: ReadonlySet<Reaching['through']> = new Set(['self', 'organization', 'seat'])

/**
 * The highest tier among the mapped claim, what gives a tier plan now, and the tenant's default. A tier that a denial
 * withholds, or whose payment is overdue for too long, is none: callers act on the label alone. `now` in ms.
 */
export function tierOf(
  catalogue: Catalogue,
  principal: Principal,
  gathered: Gathered,
  now: number,
): Plan | undefined {
  const live = gathered.reaching.filter(({ grant, through }) => reaches.has(through) && isLive(grant, now))
  const denied = new Set<Plan | undefined>()
  for (const { grant } of live) {
    if (grant.effect === 'deny') denied.add(catalogue.plan_versions.get(grant.target))
  }
  let best: Plan | undefined
  const consider = (plan: Plan | undefined) => {
    if (plan?.kind === 'tier' && !denied.has(plan) && (!best || plan.rank > best.rank)) best = plan
  }
  consider(planOf(catalogue, catalogue.tenant.default_tier))
  consider(planOf(catalogue, principal.claims.tier))
  for (const { grant } of live) {
    const gives = grant.effect !== 'deny' && grant.access === 'full'
    if (gives && isPaid(grant, catalogue.tenant.grace_days, now))
      consider(catalogue.plan_versions.get(grant.target))
  }
  return best
}

export function planOf(catalogue: Catalogue, key: string | undefined): Plan | undefined {
  return key === undefined ? undefined : catalogue.plans.get(key)
}

function isLive({ starts_at, ends_at, revoked_at }: Grant, now: number): boolean {
  return revoked_at === undefined && starts_at <= now && (ends_at === undefined || ends_at > now)
}

function isPaid({ past_due_at }: Grant, graceDays: number, now: number): boolean {
  const grace = Math.max(0, Math.min(graceDays, longestGraceDays)) * dayMs
  return past_due_at === undefined || now < past_due_at + grace
}
