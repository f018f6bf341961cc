import { platformTenant } from '#core/platform.ts'
import { type Caller, type CallerKey, type Role, roles } from '#core/tenant-view.ts'
import {
  oneOf,
  optionalInstant,
  optionalText,
  optionalUuid,
  PoisonRow,
  type Row,
  text,
  texts,
  uuid,
} from './row.ts'
import { type OnPoison, readEach } from './salvage.ts'
import type { SmallRows } from './small-tables.ts'

export type Callers = {
  /** By key id. */
  readonly keys: ReadonlyMap<string, CallerKey>
  /** By certificate fingerprint; without those that are disabled. */
  readonly certificates: ReadonlyMap<string, Caller>
  /** By subject, also those that are disabled: they stay nobody, whatever is delegated to them. */
  readonly subjects: ReadonlyMap<string, { readonly caller: Caller; readonly disabled: boolean }>
}

/** A tenant's callers. A key of a caller that cannot be read is no key. */
export function readCallers(rows: SmallRows, onPoison: OnPoison): Callers {
  const callers = new Map(
    readEach(rows.all('callers'), 'callers', onPoison, readCaller).map((row) => [row.caller.id, row]),
  )
  const keys = readEach(rows.all('caller_keys'), 'caller_keys', onPoison, (row) => {
    const owner = callers.get(uuid(row, 'caller_id'))
    if (owner === undefined) throw new PoisonRow('the caller cannot be read')
    const expires = optionalInstant(row, 'expires_at')
    const key: CallerKey = {
      caller: owner.caller,
      sha256: readDigest(row),
      ...(expires !== undefined && { expires_at: expires }),
      disabled: owner.disabled || optionalInstant(row, 'disabled_at') !== undefined,
    }
    return [text(row, 'id'), key] as const
  })
  const certificates = new Map<string, Caller>()
  for (const { caller, fingerprint, disabled } of callers.values()) {
    if (fingerprint !== undefined && !disabled) certificates.set(fingerprint, caller)
  }
  const subjects = new Map<string, { readonly caller: Caller; readonly disabled: boolean }>()
  for (const { caller, disabled } of callers.values()) {
    if (caller.subject !== undefined) subjects.set(caller.subject, { caller, disabled })
  }
  return { keys: new Map(keys), certificates, subjects }
}

function readCaller(row: Row) {
  const tenant = uuid(row, 'tenant_id')
  const given = texts(row, 'roles')
  if (!given.every((role) => (roles as readonly string[]).includes(role)))
    throw new PoisonRow('a role is unknown')
  const subject = optionalUuid(row, 'subject_id')
  const caller: Caller = {
    id: uuid(row, 'id'),
    name: text(row, 'name'),
    ...(tenant !== platformTenant && { tenant }),
    kind: oneOf(row, 'kind', ['key', 'mtls', 'token']),
    roles: given as readonly Role[],
    ...(subject !== undefined && { subject }),
  }
  return {
    caller,
    fingerprint: optionalText(row, 'certificate_sha256'),
    disabled: optionalInstant(row, 'disabled_at') !== undefined,
  }
}

// jsonb writes bytea as "\x…".
function readDigest(row: Row): Uint8Array {
  const value = text(row, 'sha256')
  if (!/^\\x[0-9a-f]{64}$/.test(value)) throw new PoisonRow('sha256 is no digest')
  return Uint8Array.fromHex(value.slice(2))
}
