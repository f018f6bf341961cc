import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Placed } from './holders.ts'
import type { ImportRight } from './import-row.ts'
import type { Target } from './targets.ts'

/** A right on its way in: of a person or of an organization. Times in ms; the value as JSON text. */
export type StagedRight = {
  /** Its place in the slice. */
  readonly n: number
  readonly holder: Placed
  readonly right: ImportRight
  readonly target: Target
  readonly value: string | null
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
  const known = rights.filter(({ holder }) => !holder.isNew)
  if (known.length === 0) return []
  const holders = known.map(({ holder }) => holder.subject_id ?? holder.organization_id)
  // What they hold is read first: a plan that reads all rights of the source would do so for each row.
  return tx<Found[]>`
    with held as materialized (
      select * from vouchsafe.grants
      where tenant_id = ${tenant} and (subject_id = any (${plain(holders)}::uuid[]) or organization_id = any (${plain(holders)}::uuid[]))
        and revoked_at is null and effect = 'allow' and scope_organization_id is null
    ), wanted as (
      select r.*, 'epoch'::timestamptz + r.starts * interval '1 ms' as starts_at, 'epoch'::timestamptz + r.ends * interval '1 ms' as ends_at
      from unnest(${plain(known.map(({ n }) => n))}::integer[], ${plain(holders)}::uuid[],
        ${plain(known.map(({ target }) => target.entitlement_id))}::uuid[], ${plain(known.map(({ target }) => target.product_id))}::uuid[],
        ${plain(known.map(({ target }) => target.plan_version_id))}::uuid[], ${known.map(({ right }) => right.module ?? null)}::text[],
        ${known.map(({ right }) => right.access)}::text[], ${known.map(({ value }) => value)}::text[],
        ${known.map(({ right }) => right.source)}::text[], ${known.map(({ right }) => right.source_ref)}::text[],
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
  const people = distinct(rights.map(({ holder }) => holder.subject_id))
  const organizations = distinct(rights.map(({ holder }) => holder.organization_id))
  const entitlements = distinct(rights.map(({ target }) => target.entitlement_id))
  const products = distinct(rights.map(({ target }) => target.product_id))
  const planVersions = distinct(rights.map(({ target }) => target.plan_version_id))
  // Each list counts on where the one before it ends. Place 0 is nobody and nothing, which the table refuses.
  const places = (...lists: readonly (readonly string[])[]) =>
    new Map(lists.flat().map((id, at) => [id, at + 1]))
  const holderAt = places(people, organizations)
  const targetAt = places(entitlements, products, planVersions)
  const holders = rights.map(
    ({ holder }) => holderAt.get(holder.subject_id ?? holder.organization_id ?? '') ?? 0,
  )
  const targets = rights.map(
    ({ target }) =>
      targetAt.get(target.entitlement_id ?? target.product_id ?? target.plan_version_id ?? '') ?? 0,
  )
  const modules = rights.map(({ right }) => right.module ?? null)
  const [made] = await tx<{ added: number }[]>`select vouchsafe.import_rights(
    ${plain(rights.map(() => newId()))}::uuid[], ${plain(people)}::uuid[], ${plain(organizations)}::uuid[], ${plain(holders)}::integer[],
    ${plain(entitlements)}::uuid[], ${plain(products)}::uuid[], ${plain(planVersions)}::uuid[],
    ${plain(targets)}::integer[], ${modules.some((module) => module !== null) ? (modules as string[]) : []}::text[],
    ${same(rights.map(({ right }) => right.access))}::text[], ${rights.map(({ value }) => value) as string[]}::text[],
    ${same(rights.map(({ right }) => right.source))}::text[], ${same(rights.map(({ right }) => right.source_ref))}::text[],
    ${same(rights.map(({ right }) => right.reason))}::text[], ${plain(rights.map(({ starts_at }) => starts_at))}::bigint[],
    ${plain(rights.map(({ ends_at }) => ends_at))}::bigint[], ${new Date(now)}, ${rights.every(({ holder }) => holder.isNew)}) as added`
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
