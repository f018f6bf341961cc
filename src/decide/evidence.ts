import type { Catalogue, Giving, Plan } from '#core/catalogue.ts'
import type { InputGrant } from '#core/input.ts'
import type { Principal } from '#core/principal.ts'
import type { Gathered, Reaching } from './gather.ts'
import { planOf } from './tier.ts'

type Givers = ReadonlyMap<string, Giving>
const none: Givers = new Map()

/** How targets give a key, by target id. */
export function giversOf(catalogue: Catalogue, key: string): Givers {
  return catalogue.givers.get(key) ?? none
}

/** Every record that gives one of the keys: stored grants, the token's claims as long as it lasts, and the tier's plan. `now` in ms. */
export function evidenceFor(
  catalogue: Catalogue,
  principal: Principal,
  gathered: Gathered,
  keys: readonly string[],
  now: number,
): InputGrant[] {
  const records: InputGrant[] = []
  for (const key of keys) {
    const givers = giversOf(catalogue, key)
    if (givers.size === 0) continue
    for (const reaching of gathered.reaching) {
      const giving = givers.get(reaching.grant.target)
      if (giving) records.push(stored(catalogue, key, reaching, giving))
    }
    addClaims(records, catalogue, principal, key, givers, now)
  }
  return records
}

function stored(
  catalogue: Catalogue,
  key: string,
  { grant, through, organization, seat_until: until }: Reaching,
  giving: Giving,
): InputGrant {
  const { target, module: _module, scope: _scope, value: own, ...rest } = grant
  const value = own ?? giving.value
  const plan = catalogue.plan_versions.get(target)
  return {
    ...rest,
    gives: key,
    through,
    ...(value !== undefined && { value }),
    ...(plan && { plan: plan.key }),
    ...(plan?.kind === 'tier' && { tier: { key: plan.key, rank: plan.rank } }),
    ...(organization !== undefined && { organization }),
    ...(until !== undefined && { seat_until: until }),
  }
}

function addClaims(
  records: InputGrant[],
  catalogue: Catalogue,
  principal: Principal,
  key: string,
  givers: Givers,
  now: number,
): void {
  const { token_expires_at: expires } = principal
  // A token within the tolerance for clocks that differ is over by its word, and still believed.
  const end = expires !== undefined && expires > now ? { ends_at: expires } : {}
  for (const claimed of principal.claims.entitlements) {
    const definition = catalogue.entitlements.get(claimed)
    const giving = definition && givers.get(definition.id)
    if (giving) records.push({ ...fromToken(`claim:${claimed}`, 'claim', key, giving), ...end })
  }
  for (const claimed of principal.claims.plans ?? []) {
    const current = catalogue.plans.get(claimed)?.current
    const giving = current === undefined ? undefined : givers.get(current)
    if (giving)
      records.push({ ...fromToken(`claim:${claimed}`, 'claim', key, giving), plan: claimed, ...end })
  }
  const byTier = (plan: Plan | undefined, source: 'tier' | 'default') => {
    if (plan?.kind !== 'tier' || plan.current === undefined) return
    const giving = givers.get(plan.current)
    if (!giving) return
    const tier = { key: plan.key, rank: plan.rank }
    const record = fromToken(`${source}:${plan.key}`, source, key, giving)
    records.push({ ...record, plan: plan.key, tier, ...(source === 'tier' && end) })
  }
  byTier(planOf(catalogue, principal.claims.tier), 'tier')
  byTier(planOf(catalogue, catalogue.tenant.default_tier), 'default')
}

function fromToken(id: string, source: string, key: string, giving: Giving): InputGrant {
  return {
    id,
    gives: key,
    effect: 'allow',
    source,
    source_ref: '',
    access: 'full',
    starts_at: 0,
    through: 'self',
    ...(giving.value !== undefined && { value: giving.value }),
  }
}
