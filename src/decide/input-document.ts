import type { Catalogue, Plan } from '#core/catalogue.ts'
import type { InputDocument, InputGrant } from '#core/input.ts'
import type { JsonObject } from '#core/json.ts'
import type { Principal } from '#core/principal.ts'
import type { Gathered } from './gather.ts'
import { localTime } from './local-time.ts'
import type { Target } from './target.ts'

/** What never changes within one request. */
export type Moment = { readonly now: number; readonly age_ms: number; readonly revision: number }

export type Asking = {
  readonly catalogue: Catalogue
  readonly principal: Principal
  readonly gathered: Gathered
  readonly tier: Plan | undefined
  readonly target: Target
  readonly attributes: JsonObject
  readonly quantity: number
  readonly explain: boolean
}

/** Puts together what the policy sees. Optional keys are left out, never null. */
export function inputDocument(
  questionId: string,
  moment: Moment,
  asking: Asking,
  grants: readonly InputGrant[],
): InputDocument {
  const { catalogue, principal, gathered, tier, target } = asking
  const { definition, module, organization } = target
  const tenant = catalogue.tenant
  return {
    version: 1,
    question_id: questionId,
    tenant: { id: tenant.id, key: tenant.key, grace_days: tenant.grace_days },
    now: moment.now,
    time: localTime(moment.now, module?.zone ?? 'UTC'),
    ...(asking.explain && { explain: true }),
    principal: {
      id: principal.id,
      kind: principal.kind,
      claims: { attributes: principal.claims.attributes, entitlements: principal.claims.entitlements },
      roles: principal.claims.roles,
      ...(tier && { tier: { key: tier.key, rank: tier.rank } }),
      organizations: gathered.organizations,
    },
    target: target.key,
    entitlement: {
      key: definition.key,
      kind: definition.kind,
      combine: definition.combine,
      deny_as: target.deny_as,
      requires: definition.requires,
      requires_facts: definition.requires_facts,
      attributes: definition.attributes,
      ...(definition.experiment && { experiment: definition.experiment }),
      offered_by: offers(catalogue, target.key),
    },
    ...(target.product && { product: target.product }),
    ...(module && { module }),
    context: {
      ...(organization && { organization: { id: organization.id, path: organization.path } }),
      ...(module && { module: module.key }),
      attributes: asking.attributes,
    },
    quantity: asking.quantity,
    grants,
    facts: gathered.facts,
    experiment: gathered.experiments,
    revocation: {
      ...(gathered.tokens_not_before !== undefined && { tokens_not_before: gathered.tokens_not_before }),
      ...(principal.token_issued_at !== undefined && { token_issued_at: principal.token_issued_at }),
    },
    snapshot: { age_ms: moment.age_ms, revision: moment.revision },
  }
}

type Offers = InputDocument['entitlement']['offered_by']
const known = new WeakMap<Catalogue, Map<string, Offers>>()

/** Plans whose current version gives the key, lowest rank first. A catalogue is immutable, so this is kept with it. */
function offers(catalogue: Catalogue, key: string): Offers {
  const ofCatalogue = known.get(catalogue) ?? new Map<string, Offers>()
  known.set(catalogue, ofCatalogue)
  const found = ofCatalogue.get(key)
  if (found) return found
  const givers = catalogue.givers.get(key)
  const made = [...catalogue.plans.values()]
    .filter((plan) => plan.current !== undefined && givers?.has(plan.current))
    .sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1))
    .slice(0, 8)
    .map(({ key: plan, kind, rank }) => ({ plan, kind, rank }))
  ofCatalogue.set(key, made)
  return made
}

/** Keys whose evidence the policy needs: the target, the membership, and what the entitlement requires. */
export function neededKeys(target: Target): readonly string[] {
  const keys = [target.key]
  const member = target.module?.member_entitlement
  if (member !== undefined && member !== target.key) keys.push(member)
  for (const key of target.definition.requires) if (!keys.includes(key)) keys.push(key)
  return keys
}

/** Whether a grant's target gives any of the keys, or says the principal's tier. */
export function wantedTargets(catalogue: Catalogue, keys: readonly string[]): (target: string) => boolean {
  const givers = keys.map((key) => catalogue.givers.get(key))
  return (target) =>
    givers.some((by) => by?.has(target)) || catalogue.plan_versions.get(target)?.kind === 'tier'
}
