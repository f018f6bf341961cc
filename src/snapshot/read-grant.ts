import { accesses, effects, sources } from './codes.ts'
import { blankGrant, type GrantFields } from './grant-fields.ts'
import { farthest } from './instant.ts'
import { oneOf, optionalInstant, optionalJson, optionalText, PoisonRow, type Row, text, uuid } from './row.ts'
import type { TenantData } from './tenant-data.ts'
import { parseUuid } from './uuid.ts'

/**
 * Puts a grant's row into the slab. One that cannot be read is reported and gives nothing;
 * where it may have been a denial and says of whom and what, it denies for ever. Tells the slot of who held it before,
 * or 0.
 */
export function putGrant(data: TenantData, row: Row, onHolder: (before: number) => void = () => {}): void {
  const fields = blankGrant()
  if (!parseUuid(String(row.id), fields.id)) throw new PoisonRow('id is no UUID')
  onHolder(data.grants.delete(fields.id))
  fields.holder = data.ids.intern(holderOf(row))
  fields.target = data.ids.intern(targetOf(row))
  if (fields.holder === 0 || fields.target === 0) throw new PoisonRow('no holder or no target')
  try {
    readFields(data, row, fields)
  } catch (error) {
    if (error instanceof PoisonRow && mayDeny(row.effect)) data.grants.put(denial(fields))
    throw error
  }
  data.grants.add(fields)
}

// Rights come by the thousand; the slab keeps no part of it.
const held = blankGrant()

/**
 * Holds a grant's row in the slab until what is held is revealed. False where it is to be put: its id is there, or it
 * buys seats. Throws PoisonRow.
 */
export function holdGrant(data: TenantData, row: Row): boolean {
  if ((row.pool_id ?? null) !== null || !parseUuid(String(row.id), held.id) || data.grants.has(held.id))
    return false
  held.holder = data.ids.intern(holderOf(row))
  held.target = data.ids.intern(targetOf(row))
  if (held.holder === 0 || held.target === 0) return false
  readFields(data, row, held)
  data.grants.hold(held)
  return true
}

export function mayDeny(effect: unknown): boolean {
  return effect !== 'allow' && effect !== 'override'
}

/** The grant as an everlasting denial, wherever the module or organization. */
export function denial(fields: GrantFields): GrantFields {
  const { id, holder, target } = fields
  return { ...blankGrant(), id, holder, target, effect: effects.indexOf('deny'), starts_at: -farthest }
}

export function holderOf(row: Row): string {
  return String(row.subject_id ?? row.organization_id)
}

export function targetOf(row: Row): string {
  return String(row.entitlement_id ?? row.product_id ?? row.plan_version_id)
}

function readFields(data: TenantData, row: Row, fields: GrantFields): void {
  fields.effect = effects.indexOf(oneOf(row, 'effect', effects))
  fields.source = sources.indexOf(oneOf(row, 'source', sources))
  fields.access = accesses.indexOf(oneOf(row, 'access', accesses))
  const starts = optionalInstant(row, 'starts_at')
  if (starts === undefined) throw new PoisonRow('starts_at is missing')
  fields.starts_at = starts
  fields.ends_at = optionalInstant(row, 'ends_at') ?? Number.NaN
  fields.revoked_at = optionalInstant(row, 'revoked_at') ?? Number.NaN
  fields.past_due_at = optionalInstant(row, 'past_due_at') ?? Number.NaN
  fields.scope = slotOf(data, row, 'scope_organization_id')
  fields.pool = slotOf(data, row, 'pool_id')
  const module = optionalText(row, 'module')
  fields.module = module === undefined ? 0 : data.names.intern(module)
  const ref = text(row, 'source_ref')
  const value = optionalJson(row, 'value')
  // Last: what is counted here must reach the slab.
  fields.source_ref = ref === '' ? 0 : data.texts.intern(ref)
  fields.value = value === undefined ? 0 : data.texts.intern(JSON.stringify(value))
}

function slotOf(data: TenantData, row: Row, column: string): number {
  return row[column] === null || row[column] === undefined ? 0 : data.ids.intern(uuid(row, column))
}
