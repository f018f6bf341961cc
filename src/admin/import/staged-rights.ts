import type { Tx } from '#postgres/pool.ts'

/** A right on its way in: of a person or of an organization. Times in ms; the value as JSON text. */
export type StagedRight = {
  /** Its place in the slice. */
  readonly n: number
  readonly line: number
  readonly id: string
  readonly subject_id: string | null
  readonly organization_id: string | null
  /** Then it cannot have a right yet. */
  readonly isNew: boolean
  readonly entitlement_id: string | null
  readonly product_id: string | null
  readonly plan_version_id: string | null
  readonly module: string | null
  readonly access: string
  readonly value: string | null
  readonly source: string
  readonly source_ref: string
  readonly reason: string
  readonly starts_at: number
  readonly ends_at: number | null
}

type Found = { readonly n: number; readonly equal: boolean }

/** Of rights of holders who are known: those that are there already, and whether on the same terms. */
export async function findRights(
  tx: Tx,
  tenant: string,
  rights: readonly StagedRight[],
): Promise<readonly Found[]> {
  const known = rights.filter(({ isNew }) => !isNew)
  if (known.length === 0) return []
  const holders = known.map(({ subject_id, organization_id }) => subject_id ?? organization_id)
  // What they hold is read first: a plan that reads all rights of the source would do so for each row.
  return tx<Found[]>`
    with held as materialized (
      select * from vouchsafe.grants
      where tenant_id = ${tenant} and (subject_id = any (${plain(holders)}::uuid[]) or organization_id = any (${plain(holders)}::uuid[]))
        and revoked_at is null and effect = 'allow' and scope_organization_id is null
    ), wanted as (
      select r.*, 'epoch'::timestamptz + r.starts * interval '1 ms' as starts_at, 'epoch'::timestamptz + r.ends * interval '1 ms' as ends_at
      from unnest(${plain(known.map(({ n }) => n))}::integer[], ${plain(holders)}::uuid[],
        ${plain(known.map((each) => each.entitlement_id))}::uuid[], ${plain(known.map((each) => each.product_id))}::uuid[],
        ${plain(known.map((each) => each.plan_version_id))}::uuid[], ${known.map(({ module }) => module)}::text[],
        ${known.map(({ access }) => access)}::text[], ${known.map(({ value }) => value)}::text[],
        ${known.map(({ source }) => source)}::text[], ${known.map((each) => each.source_ref)}::text[],
        ${plain(known.map((each) => each.starts_at))}::bigint[], ${plain(known.map((each) => each.ends_at))}::bigint[])
        r (n, holder, entitlement_id, product_id, plan_version_id, module, access, value, source, source_ref, starts, ends)
    )
    select r.n, bool_or(g.starts_at <= r.starts_at and g.ends_at is not distinct from r.ends_at
        and g.access = r.access and g.value is not distinct from r.value::jsonb and g.pool_id is null and g.quantity is null) as equal
    from wanted r
    join held g on coalesce(g.subject_id, g.organization_id) = r.holder and g.source = r.source and g.source_ref = r.source_ref
    where g.entitlement_id is not distinct from r.entitlement_id and g.product_id is not distinct from r.product_id
      and g.plan_version_id is not distinct from r.plan_version_id and g.module is not distinct from r.module
      and tstzrange(g.starts_at, g.ends_at) && tstzrange(r.starts_at, r.ends_at)
    group by r.n`
}

/** Gives rights, but what is there already: the number given. */
export async function insertRights(tx: Tx, rights: readonly StagedRight[], now: number): Promise<number> {
  if (rights.length === 0) return 0
  const all = <T>(column: keyof StagedRight) => rights.map((right) => right[column] as T)
  const people = distinct(all('subject_id'))
  const organizations = distinct(all('organization_id'))
  const entitlements = distinct(all('entitlement_id'))
  const products = distinct(all('product_id'))
  const planVersions = distinct(all('plan_version_id'))
  // Each list counts on where the one before it ends. Place 0 is nobody and nothing, which the table refuses.
  const places = (...lists: readonly (readonly string[])[]) =>
    new Map(lists.flat().map((id, at) => [id, at + 1]))
  const holderAt = places(people, organizations)
  const targetAt = places(entitlements, products, planVersions)
  const holders = rights.map((right) => holderAt.get(right.subject_id ?? right.organization_id ?? '') ?? 0)
  const targets = rights.map(
    (right) => targetAt.get(right.entitlement_id ?? right.product_id ?? right.plan_version_id ?? '') ?? 0,
  )
  const modules = all<string | null>('module')
  const [made] = await tx<{ added: number }[]>`select vouchsafe.import_rights(
    ${plain(all('id'))}::uuid[], ${plain(people)}::uuid[], ${plain(organizations)}::uuid[], ${plain(holders)}::integer[],
    ${plain(entitlements)}::uuid[], ${plain(products)}::uuid[], ${plain(planVersions)}::uuid[],
    ${plain(targets)}::integer[], ${modules.some((module) => module !== null) ? modules : []}::text[],
    ${same(all('access'))}::text[], ${all<string | null>('value')}::text[], ${same(all('source'))}::text[], ${same(all('source_ref'))}::text[],
    ${same(all('reason'))}::text[], ${plain(all('starts_at'))}::bigint[], ${plain(all('ends_at'))}::bigint[],
    ${new Date(now)}, ${rights.every(({ isNew }) => isNew)}) as added`
  return made?.added ?? 0
}

function distinct(ids: readonly (string | null)[]): readonly string[] {
  return [...new Set(ids)].filter((id) => id !== null)
}

/** The text of an array of what needs no quotes. A column of nulls is left empty: `unnest` fills it up. */
function plain(items: readonly (string | number | null)[]): string[] {
  if (items.every((item) => item === null)) return []
  let text = ''
  for (const item of items) text += `,${item ?? 'NULL'}`
  return `{${text.slice(1)}}` as unknown as string[]
}

/** One of them where all are the same. */
function same(items: readonly string[]): string[] {
  return (items.every((item) => item === items[0]) ? items.slice(0, 1) : items) as string[]
}
