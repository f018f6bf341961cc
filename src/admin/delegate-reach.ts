import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import type { By } from './grant-types.ts'
import { lockTree } from './tree-lock.ts'

/** One of a delegate's delegations. Times in ms. */
export type Delegation = {
  readonly id: string
  readonly organization_id: string
  readonly module: string | null
  /** "entitlement:<key>", "product:<key>", "plan:<key>" or "plan:<key>@<n>". */
  readonly may_grant: readonly string[]
  readonly max_seats: number | null
  readonly starts_at: number
  readonly ends_at: number | null
}

/** The delegations that still cover what is looked at: each check leaves fewer, and never none. */
export type Reach = readonly Delegation[]

/**
 * What a delegate reaches at `now` (ms), or undefined for callers who reach the whole tenant. For a write it is called
 * first of all: a delegate's writes go one after the other, and meanwhile no delegation ends and no organization moves.
 * No live delegation: AppError CALLER_NOT_ALLOWED.
 */
export async function reachOf(
  tx: Tx,
  { tenant, delegate }: Pick<By, 'tenant' | 'delegate'>,
  now: number,
  lock = true,
): Promise<Reach | undefined> {
  if (delegate === undefined) return undefined
  if (lock) await lockTree(tx, tenant, 'look')
  const at = new Date(now)
  const reach = await tx<Delegation[]>`
    select d.id, d.organization_id, d.module, d.may_grant, d.max_seats, d.starts_at, d.ends_at
    from vouchsafe.delegations d
    where d.tenant_id = ${tenant} and d.subject_id = ${delegate} and d.revoked_at is null
      and d.starts_at <= ${at} and (d.ends_at is null or d.ends_at > ${at})
      and (d.module is null or exists (select from vouchsafe.modules m
        where m.tenant_id = d.tenant_id and m.key = d.module and m.provisioning = 'delegated_admin'))
    order by d.id ${lock ? tx`for no key update of d` : tx``}`
  return narrow(reach, 'delegation', '', () => true)
}

/** Those that `keep`; none: CALLER_NOT_ALLOWED that says what is out of reach. */
export function narrow(
  reach: Reach,
  what: string,
  value: string,
  keep: (delegation: Delegation) => boolean,
): Reach {
  const kept = reach.filter(keep)
  if (kept.length === 0) throw outOfReach(what, value)
  return kept
}

export function outOfReach(what: string, value: string): AppError {
  return new AppError('CALLER_NOT_ALLOWED', `This is not delegated to the caller: ${what}.`, {
    role: 'delegate',
    what,
    ...(value !== '' && { value }),
  })
}

/** Delegates hand out only in modules that are provisioned so, and only where the module is named. */
export async function inModule(tx: Tx, tenant: string, reach: Reach, module: string | null): Promise<Reach> {
  const delegated = await tx`
    select from vouchsafe.modules where tenant_id = ${tenant} and key = ${module} and provisioning = 'delegated_admin'`
  return narrow(
    reach,
    'module',
    module ?? '',
    (each) => delegated.length > 0 && (each.module === null || each.module === module),
  )
}

/** The organization is the delegated one or below it. */
export async function inOrganization(tx: Tx, tenant: string, reach: Reach, id: string): Promise<Reach> {
  const above = await tx<{ id: string }[]>`
    select above as id from vouchsafe.organizations_above(${tenant}, ${id}) above`
  return narrow(reach, 'organization', `org_${id}`, (each) =>
    above.some((row) => row.id === each.organization_id),
  )
}

/** The person is a member there or below, and stays it until the transaction ends. */
export async function ofPerson(
  tx: Tx,
  tenant: string,
  reach: Reach,
  subject: string,
  lock = true,
): Promise<Reach> {
  const memberships = await tx<{ organization_id: string }[]>`
    select organization_id from vouchsafe.organization_members
    where tenant_id = ${tenant} and subject_id = ${subject} ${lock ? tx`for share` : tx``}`
  const above = await tx<{ id: string }[]>`
    select distinct above as id from unnest(${memberships.map((row) => row.organization_id)}::uuid[]) member,
      vouchsafe.organizations_above(${tenant}, member) above`
  return narrow(reach, 'holder', `sub_${subject}`, (each) =>
    above.some((row) => row.id === each.organization_id),
  )
}

/** What is given is listed: a plan by its key means each of its versions. */
export function forTarget(reach: Reach, target: string): Reach {
  const everyVersion = target.startsWith('plan:') ? target.replace(/@\d+$/, '') : target
  return narrow(
    reach,
    'target',
    target,
    ({ may_grant: listed }) => listed.includes(target) || listed.includes(everyVersion),
  )
}
