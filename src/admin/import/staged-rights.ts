import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Tx } from '#postgres/pool.ts'
import { copyLine } from './copy-text.ts'

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
  /** Equal for rights of which only one may hold at a time. */
  readonly identity: string
}

/** COPY cannot write under row security: the rows go through a table of the session's own. */
export async function stageRights(tx: Tx, rights: readonly StagedRight[]): Promise<void> {
  await tx`create temporary table if not exists vouchsafe_import_2 (
      n integer, id uuid, subject_id uuid, organization_id uuid, is_new boolean, entitlement_id uuid, product_id uuid, plan_version_id uuid,
      module text, access text, value jsonb, source text, source_ref text, reason text, starts_at timestamptz,
      ends_at timestamptz
    ) on commit delete rows`
  const rows = rights.map((each) =>
    copyLine([
      each.n,
      each.id,
      each.subject_id,
      each.organization_id,
      each.isNew ? 't' : 'f',
      each.entitlement_id,
      each.product_id,
      each.plan_version_id,
      each.module,
      each.access,
      each.value,
      each.source,
      each.source_ref,
      each.reason,
      new Date(each.starts_at).toISOString(),
      each.ends_at === null ? null : new Date(each.ends_at).toISOString(),
    ]),
  )
  await pipeline(Readable.from([rows.join('')]), await tx`copy vouchsafe_import_2 from stdin`.writable())
}

const holderOf = ({ subject_id, organization_id }: StagedRight) => subject_id ?? organization_id ?? ''

type Found = { readonly n: number; readonly equal: boolean }

/** Gives what is staged, but what is there already. Tells what was, and whether on the same terms. */
export async function insertRights(
  tx: Tx,
  tenant: string,
  rights: readonly StagedRight[],
  now: number,
): Promise<{ readonly found: readonly Found[]; readonly added: number }> {
  const known = [...new Set(rights.filter(({ isNew }) => !isNew).map(holderOf))]
  // What they hold is read first: the staging table has no statistics, and a plan that reads all rights of the source
  // would do so for each row.
  const found =
    known.length === 0
      ? []
      : await tx<Found[]>`
      with held as materialized (
        select * from vouchsafe.grants
        where tenant_id = ${tenant} and (subject_id = any (${known}::uuid[]) or organization_id = any (${known}::uuid[])) and revoked_at is null and effect = 'allow'
          and scope_organization_id is null
      )
      select r.n, bool_or(g.starts_at <= r.starts_at and g.ends_at is not distinct from r.ends_at
          and g.access = r.access and g.value is not distinct from r.value and g.pool_id is null and g.quantity is null) as equal
      from vouchsafe_import_2 r
      join held g on coalesce(g.subject_id, g.organization_id) = coalesce(r.subject_id, r.organization_id) and g.source = r.source and g.source_ref = r.source_ref
      where g.entitlement_id is not distinct from r.entitlement_id and g.product_id is not distinct from r.product_id
        and g.plan_version_id is not distinct from r.plan_version_id and g.module is not distinct from r.module
        and tstzrange(g.starts_at, g.ends_at) && tstzrange(r.starts_at, r.ends_at)
      group by r.n`
  // Somebody new has nothing that could be in the way, and looking for it takes a tenth of the time.
  const made = await tx`
    insert into vouchsafe.grants (tenant_id, id, subject_id, organization_id, entitlement_id, product_id, plan_version_id, module, access,
      value, source, source_ref, reason, starts_at, ends_at, granted_by, granted_at)
    select ${tenant}, id, subject_id, organization_id, entitlement_id, product_id, plan_version_id, module, access,
      value, source, source_ref, reason, starts_at, ends_at, 'import', ${new Date(now)}
    from vouchsafe_import_2 where n <> all (${found.map(({ n }) => n)}::integer[])
    ${known.length === 0 ? tx`` : tx`on conflict do nothing`}`
  return { found, added: made.count }
}
