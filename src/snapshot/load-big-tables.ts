import { accesses, effects, memberRoles, sources } from './codes.ts'
import type { CopyRow } from './copy-rows.ts'
import { blankGrant } from './grant-fields.ts'
import { denial, mayDeny } from './read-grant.ts'
import { PoisonRow } from './row.ts'
import type { TenantData } from './tenant-data.ts'

type BigTable = {
  /** Where it is not the entry's name. */
  readonly table?: string
  /** Of a select list; tenant_id comes before. */
  readonly columns: readonly string[]
  readonly where?: string
  /** Puts a row whose field 0 is the tenant. Throws PoisonRow. */
  readonly put: (data: TenantData, row: CopyRow) => void
}

// Rows come by the million, so they are read from bytes to numbers with these reused.
const id = new Uint32Array(4)
const grant = blankGrant()

/** The same as big-tables.ts does with effects, from a COPY. */
export const bigTableLoads: Readonly<Record<string, BigTable>> = {
  subjects: {
    columns: ['id', 'kind', 'tokens_not_before', 'deleted_at'],
    put(data, row) {
      const slot = data.ids.internWords(row.uuid(1, id))
      const kind = row.text(2)
      const known = kind === 'user' || kind === 'service'
      data.subjects.set(slot, known ? kind : 'user', !known || !row.isNull(4), row.instant(3))
      if (!known) throw new PoisonRow('kind is none of user, service')
    },
  },
  identities: {
    columns: ['iss', 'sub', 'subject_id'],
    put(data, row) {
      data.identities.set(row.text(1), row.text(2), data.ids.internWords(row.uuid(3, id)))
    },
  },
  organization_members: {
    columns: ['organization_id', 'subject_id', 'role'],
    put(data, row) {
      const organization = data.ids.internWords(row.uuid(1, id))
      const subject = data.ids.internWords(row.uuid(2, id))
      data.memberships.add(subject, organization, codeOf(row, 3, memberRoles))
    },
  },
  seats: {
    columns: ['id::text', 'pool_id', 'subject_id', 'assigned_at'],
    where: 'released_at is null',
    put(data, row) {
      const pool = data.ids.internWords(row.uuid(2, id))
      data.seats.put(row.text(1), data.ids.internWords(row.uuid(3, id)), pool, row.instant(4))
    },
  },
  facts: {
    columns: ['subject_id', 'key', 'value::text'],
    put(data, row) {
      const subject = data.ids.internWords(row.uuid(1, id))
      data.facts.add(subject, textOf(data, row, 2), textOf(data, row, 3))
    },
  },
  experiment_assignments: {
    columns: ['subject_id', 'experiment', 'variant'],
    put(data, row) {
      const experiment = data.names.intern(row.text(2))
      data.experiments.add(data.ids.internWords(row.uuid(1, id)), experiment, data.names.intern(row.text(3)))
    },
  },
  // A second reading of the few grants that buy seats.
  purchases: {
    table: 'grants',
    columns: ['id::text', 'pool_id::text', 'starts_at', 'ends_at', 'quantity::text'],
    where: "pool_id is not null and revoked_at is null and effect <> 'deny'",
    put(data, row) {
      const ends = row.instant(4)
      const starts = row.instant(3)
      if (Number.isNaN(starts)) throw new PoisonRow('starts_at is missing')
      data.pools.buy(row.text(1), row.text(2), {
        starts_at: starts,
        ...(!Number.isNaN(ends) && { ends_at: ends }),
        ...(!row.isNull(5) && { quantity: Number(row.text(5)) }),
      })
    },
  },
  grants: {
    columns: [
      'id',
      'coalesce(subject_id, organization_id)',
      'coalesce(entitlement_id, product_id, plan_version_id)',
      'scope_organization_id',
      'pool_id',
      'module',
      'effect',
      'source',
      'access',
      'source_ref',
      `nullif(value, 'null'::jsonb)::text`,
      'starts_at',
      'ends_at',
      'revoked_at',
      'past_due_at',
    ],
    put: putGrantOf,
  },
}

function putGrantOf(data: TenantData, row: CopyRow): void {
  if (row.isNull(2) || row.isNull(3)) throw new PoisonRow('no holder or no target')
  row.uuid(1, grant.id)
  grant.holder = data.ids.internWords(row.uuid(2, id))
  grant.target = data.ids.internWords(row.uuid(3, id))
  try {
    grant.effect = codeOf(row, 7, effects)
    grant.source = codeOf(row, 8, sources)
    grant.access = codeOf(row, 9, accesses)
    grant.starts_at = row.instant(12)
    if (Number.isNaN(grant.starts_at)) throw new PoisonRow('starts_at is missing')
  } catch (error) {
    if (mayDeny(row.text(7))) data.grants.put(denial(grant))
    throw error
  }
  grant.scope = row.isNull(4) ? 0 : data.ids.internWords(row.uuid(4, id))
  grant.pool = row.isNull(5) ? 0 : data.ids.internWords(row.uuid(5, id))
  grant.module = row.isNull(6) ? 0 : data.names.intern(row.text(6))
  grant.source_ref = row.lengths[10] === 0 ? 0 : textOf(data, row, 10)
  grant.value = row.isNull(11) ? 0 : textOf(data, row, 11)
  grant.ends_at = row.instant(13)
  grant.revoked_at = row.instant(14)
  grant.past_due_at = row.instant(15)
  data.grants.put(grant)
}

function codeOf(row: CopyRow, field: number, names: readonly string[]): number {
  const code = names.indexOf(row.text(field))
  if (code === -1) throw new PoisonRow(`${row.text(field)} is none of ${names.join(', ')}`)
  return code
}

function textOf(data: TenantData, row: CopyRow, field: number): number {
  return data.texts.internBytes(row.bytes, row.start(field), row.end(field))
}
