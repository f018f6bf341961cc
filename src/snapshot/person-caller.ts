import { platformTenant } from '#core/platform.ts'
import type { Caller } from '#core/tenant-view.ts'
import type { TenantData } from './tenant-data.ts'

/**
 * A person as a caller: by a row of theirs that is for tokens, by a delegation that is live at `now` (ms), or by both.
 * One whose row is disabled is none.
 */
export function personCaller(data: TenantData | undefined, subject: string, now: number): Caller | undefined {
  const row = data?.callers.subjects.get(subject)
  if (data === undefined || row?.disabled) return undefined
  const delegated = data.delegations.isLive(subject, now)
  if (row?.caller.kind === 'token') return delegated ? asDelegate(row.caller) : row.caller
  if (!delegated || data.id === platformTenant) return undefined
  return {
    id: `sub_${subject}`,
    name: 'delegate',
    tenant: data.id,
    kind: 'token',
    roles: ['delegate'],
    subject,
  }
}

function asDelegate(caller: Caller): Caller {
  return caller.roles.includes('delegate') ? caller : { ...caller, roles: [...caller.roles, 'delegate'] }
}
