import type { By } from '#admin/grant-types.ts'
import type { CallContext } from './call.ts'
import type { RpcNeeds } from './needs.ts'

/** On whose behalf a call changes or reads rights, in the tenant it names or is of. */
export function byOf(
  needs: Pick<RpcNeeds, 'tenantOf'>,
  { caller, trace_id: cause }: CallContext,
  named: string,
): By {
  const tenant = needs.tenantOf(caller, { named }).id
  return { tenant, actor: caller.id, ...(cause && { cause }) }
}
