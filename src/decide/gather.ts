import type { Grant } from '#core/grant.ts'
import type { InputGrant } from '#core/input.ts'
import type { Json } from '#core/json.ts'
import type { Principal } from '#core/principal.ts'
import type { Membership, Organization, TenantView } from '#core/tenant-view.ts'
import { type Standing, seatStanding } from './seat-standing.ts'

/** A stored grant and how it reaches the principal. */
export type Reaching = {
  readonly grant: Grant
  readonly through: InputGrant['through']
  readonly organization?: string
  /** When the clock alone changes whether the seat counts; ms. */
  readonly seat_until?: number
}

/** All that the snapshot says of a principal in one context: captured at once, so that a verb may yield afterwards. */
export type Gathered = {
  readonly reaching: readonly Reaching[]
  readonly organizations: readonly {
    readonly id: string
    readonly role: string
    readonly path: readonly string[]
  }[]
  readonly facts: Readonly<Record<string, Json>>
  readonly experiments: Readonly<Record<string, string>>
  readonly tokens_not_before?: number
}

const nothing: Gathered = { reaching: [], organizations: [], facts: {}, experiments: {} }

/**
 * Reads the grants of the principal and of the organizations whose rights reach them.
 * A right at an organization reaches members of it and of all below it, and counts in questions about it and all below it.
 */
export function gather(
  view: TenantView,
  principal: Principal,
  module: string | undefined,
  context: Organization | undefined,
  wanted: (target: string) => boolean,
  now: number,
): Gathered {
  const { subject } = principal
  if (subject === undefined) return nothing

  const reaching: Reaching[] = []
  const counts = (grant: Grant) =>
    (grant.module === undefined || grant.module === module) &&
    (principal.authority !== 'claims' || withholds(grant))
  for (const grant of view.grants(subject, wanted)) {
    if (!counts(grant)) continue
    const through = reachOfOwn(grant, context)
    if (through) reaching.push({ grant, through })
  }

  const memberships = view.memberships(subject)
  const organizations = memberships.length === 0 ? [] : withPaths(view, memberships)
  if (organizations.length > 0) {
    const seats = view.seats(subject)
    const standing = (pool: string) => seatStanding(view.seatPool(pool), subject, now)
    for (const holder of holders(organizations, context)) {
      for (const grant of view.grants(holder, wanted)) {
        if (!counts(grant)) continue
        const reach = reachOfHolder(grant, context, seats, standing)
        reaching.push({ grant, ...reach, organization: holder })
      }
    }
  }

  const notBefore = view.subject(subject)?.tokens_not_before
  return {
    reaching,
    organizations,
    facts: view.facts(subject),
    // A variant gives rights; a fact only meets a condition of one.
    experiments: principal.authority === 'claims' ? {} : view.experiments(subject),
    ...(notBefore !== undefined && { tokens_not_before: notBefore }),
  }
}

/** Where the issuer's claims alone give rights, what the database keeps can still take them away. */
function withholds(grant: Grant): boolean {
  return grant.effect === 'deny' || grant.revoked_at !== undefined
}

function reachOfOwn(grant: Grant, context: Organization | undefined): InputGrant['through'] | undefined {
  if (grant.scope === undefined) return 'self'
  if (!context) return 'no_context'
  return context.path.includes(grant.scope) ? 'self' : undefined
}

function reachOfHolder(
  grant: Grant,
  context: Organization | undefined,
  seats: readonly string[],
  standing: (pool: string) => Standing,
): Pick<Reaching, 'through' | 'seat_until'> {
  if (!context) return { through: 'no_context' }
  if (grant.pool === undefined) return { through: 'organization' }
  if (!seats.includes(grant.pool)) return { through: 'no_seat' }
  // A suspended seat gives nothing, and what is withheld from its holder stays withheld.
  if (grant.effect === 'deny') return { through: 'seat' }
  const { counts, changes_at: until } = standing(grant.pool)
  return { through: counts ? 'seat' : 'suspended_seat', ...(until !== undefined && { seat_until: until }) }
}

function withPaths(view: TenantView, memberships: readonly Membership[]): Gathered['organizations'] {
  return memberships.flatMap(({ organization, role }) => {
    const path = view.organization(organization)?.path
    return path ? [{ id: organization, role, path }] : []
  })
}

/** Organizations whose rights may count: those above both the member's place and the context, on one line. */
function holders(organizations: Gathered['organizations'], context: Organization | undefined): Set<string> {
  const found = new Set<string>()
  for (const { id, path } of organizations) {
    if (!context) for (const above of path) found.add(above)
    else if (context.path.includes(id)) for (const above of path) found.add(above)
    else if (path.includes(context.id)) for (const above of context.path) found.add(above)
  }
  return found
}
