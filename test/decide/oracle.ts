// Who has what, as DESIGN.md's sections 2, 3.7 and 6 tell it, as plainly as it can be said. It reads the raw world
// and shares nothing with the code it judges.
import type { Grant } from '#core/grant.ts'
import type { Json } from '#core/json.ts'
import type { Question } from '#decide/verbs.ts'
import { catalogue, items, organizations, type Small } from './any-world.ts'

const day = 86_400_000
type Fact = { readonly value?: Json; readonly override: boolean; readonly full: boolean }

/** What is given, or undefined where the answer is no. */
export function oracle({ world, principal }: Small, question: Question, at: number) {
  const { context, resource, quantity } = question
  const place = organizations.find(
    ({ id, key }) => id === context.organization || key === context.organization,
  )
  if (context.organization !== undefined && !place) return undefined
  const module = context.module === undefined ? undefined : catalogue.modules.get(context.module)
  if (context.module !== undefined && !module) return undefined
  const admin = principal.claims.roles.includes('admin')
  const grants = reaching()

  const asked = whatIsAsked()
  if (asked === undefined) return undefined
  const facts = evidence(asked.key)
  if (asked.open) facts.push({ override: false, full: true })
  if (admin) facts.push({ override: false, full: true })
  if (facts.length === 0 || isDenied(asked.key)) return undefined
  const member = module?.member_entitlement
  if (!admin && member !== undefined && member !== asked.key && !holds(member)) return undefined
  const definition = catalogue.entitlements.get(asked.key)
  if (!admin && !(definition?.requires ?? []).every(holds)) return undefined

  const overriding = facts.filter(({ override, value }) => override && value !== undefined)
  const counted = overriding.length > 0 ? overriding : facts
  const values = counted.flatMap(({ value }) => (value === undefined ? [] : [value]))
  const limited = values.length === counted.length
  const limit = merged(values, definition?.combine === 'sum')
  if (definition?.kind === 'limit' && limited && limit !== 'unlimited' && quantity > Number(limit))
    return undefined
  return { value: limited ? limit : undefined, certain: limited }

  function whatIsAsked(): { readonly key: string; readonly open: boolean } | undefined {
    if (resource?.kind === 'product') {
      const product = catalogue.products.get(resource.id)
      if (!product) return undefined
      const exception = product.surfaces.get(question.entitlement)?.open
      return { key: `product:${product.key}`, open: exception ?? !product.requires_entitlement }
    }
    if (resource) {
      const found = catalogue.resources.get(`${resource.kind}:${resource.id}`)
      if (!found) return undefined
      return found.entitlement === undefined
        ? { key: '', open: true }
        : { key: found.entitlement, open: false }
    }
    return catalogue.entitlements.has(question.entitlement)
      ? { key: question.entitlement, open: false }
      : undefined
  }

  /** Grants that concern this principal here: own ones, and those of organizations on the line of the context. */
  function reaching(): Grant[] {
    const found: Grant[] = []
    const inModule = (grant: Grant) => grant.module === undefined || grant.module === context.module
    for (const grant of world.grants?.alice ?? []) {
      if (!inModule(grant)) continue
      if (grant.scope === undefined || place?.path.includes(grant.scope)) found.push(grant)
    }
    for (const above of place?.path ?? []) {
      const reached = (world.memberships?.alice ?? []).some(({ organization }) => {
        const home = organizations.find(({ id }) => id === organization)?.path ?? []
        const oneLine = home.includes(place?.id ?? '') || place?.path.includes(organization)
        return oneLine && home.includes(above)
      })
      if (!reached) continue
      for (const grant of world.grants?.[above] ?? []) {
        const seated = grant.pool === undefined || world.seats?.alice?.includes(grant.pool)
        if (inModule(grant) && seated) found.push(grant)
      }
    }
    return found
  }

  function inWindow({ starts_at, ends_at, revoked_at }: Grant): boolean {
    return revoked_at === undefined && starts_at <= at && (ends_at === undefined || at < ends_at)
  }

  function givesKey({ target }: Grant, key: string): boolean {
    const own = key.startsWith('product:') ? `p-${key.slice(8)}` : `e-${key}`
    return target === own || key in (items[target] ?? {})
  }

  function isDenied(key: string): boolean {
    return grants.some((grant) => grant.effect === 'deny' && inWindow(grant) && givesKey(grant, key))
  }

  function holds(key: string): boolean {
    return evidence(key).length > 0 && !isDenied(key)
  }

  function evidence(key: string): Fact[] {
    const facts: Fact[] = []
    for (const grant of grants) {
      const { effect, access, past_due_at, target, value } = grant
      const paid = past_due_at === undefined || at < past_due_at + catalogue.tenant.grace_days * day
      const usable = access === 'full' || context.attributes.access === 'read'
      if (effect === 'deny' || !inWindow(grant) || !givesKey(grant, key) || !paid || !usable) continue
      facts.push(fact(value ?? items[target]?.[key], effect === 'override', access === 'full'))
    }
    if (isBelieved(key)) {
      if (principal.claims.entitlements.includes(key)) facts.push(fact(undefined, false, true))
      if (principal.claims.tier !== undefined) facts.push(...ofTier(`v-${principal.claims.tier}`, key))
    }
    facts.push(...ofTier('v-free', key))
    return facts
  }

  /** A token's word counts unless it, or what it says, was withdrawn after the token was issued. */
  function isBelieved(key: string): boolean {
    const issued = principal.token_issued_at ?? 0
    const cutOff = world.subjects?.alice?.tokens_not_before
    if (cutOff !== undefined && issued < cutOff) return false
    return withdrawable().every(
      (grant) => grant.revoked_at === undefined || issued >= grant.revoked_at || !givesKey(grant, key),
    )
  }

  /** What was given and taken back counts against a token wherever it was held. */
  function withdrawable(): readonly Grant[] {
    if (place) return [...grants, ...unseated()].filter(({ effect }) => effect !== 'deny')
    const above = (world.memberships?.alice ?? []).flatMap(
      ({ organization }) => organizations.find(({ id }) => id === organization)?.path ?? [],
    )
    const held = ['alice', ...new Set(above)].flatMap((holder) => world.grants?.[holder] ?? [])
    return held.filter(
      ({ effect, module: of }) => effect !== 'deny' && (of === undefined || of === context.module),
    )
  }

  function unseated(): readonly Grant[] {
    const home = (world.memberships?.alice ?? []).flatMap(({ organization }) => {
      const to = organizations.find(({ id }) => id === organization)?.path ?? []
      const oneLine = to.includes(place?.id ?? '') || place?.path.includes(organization)
      return oneLine ? to.filter((id) => place?.path.includes(id)) : []
    })
    return [...new Set(home)]
      .flatMap((holder) => world.grants?.[holder] ?? [])
      .filter(({ module: of }) => of === undefined || of === context.module)
  }
}

function fact(value: Json | undefined, override: boolean, full: boolean): Fact {
  return { override, full, ...(value !== undefined && { value }) }
}

function ofTier(version: string, key: string): Fact[] {
  const included = items[version]
  return included && key in included ? [fact(included[key], false, true)] : []
}

function merged(values: readonly Json[], sum: boolean): Json | undefined {
  if (values.includes('unlimited')) return 'unlimited'
  const numbers = values.filter((value): value is number => typeof value === 'number')
  if (numbers.length === 0) return undefined
  return sum ? numbers.reduce((a, b) => a + b, 0) : Math.max(...numbers)
}
