import type { By } from '#admin/grant-types.ts'
import { AppError } from '#core/errors.ts'
import type { Role } from '#core/tenant-view.ts'
import type { CallContext } from './call.ts'
import type { RpcNeeds } from './needs.ts'
import { grantReaders } from './roles.ts'

/**
 * On whose behalf a call changes or reads rights, in the tenant it names or is of. Whoever has none of the roles that
 * reach the whole tenant (for a change `granters`) is a delegate: one that is nobody in particular reaches nothing.
 */
export function byOf(
  needs: Pick<RpcNeeds, 'tenantOf'>,
  { caller, trace_id: cause }: CallContext,
  named: string,
  whole: readonly Role[] = grantReaders,
): By {
  const tenant = needs.tenantOf(caller, { named }).id
  const by = { tenant, actor: caller.id, ...(cause && { cause }) }
  if (caller.roles.some((role) => whole.includes(role))) return by
  if (caller.roles.includes('delegate') && caller.tenant !== undefined && caller.subject !== undefined)
    return { ...by, delegate: caller.subject }
  throw new AppError('CALLER_NOT_ALLOWED', 'Nothing is delegated to the caller.', {
    role: caller.roles.join(','),
    what: 'delegation',
  })
}
