import { AppError } from '#core/errors.ts'
import type { Caller, Role } from '#core/tenant-view.ts'

type Access = {
  readonly roles: readonly Role[]
  readonly refused?: readonly Role[]
  readonly platform?: boolean
}

/** Throws CALLER_NOT_ALLOWED for a caller that lacks every role wanted, or has one that is refused. */
export function authorize(caller: Caller, access: Access): void {
  const refused = access.refused
  if (refused?.length && caller.roles.some((role) => refused.includes(role))) throw notAllowed(caller)
  if (!caller.roles.some((role) => access.roles.includes(role))) throw notAllowed(caller)
  if (access.platform && caller.tenant !== undefined) throw notAllowed(caller)
}

function notAllowed(caller: Caller): AppError {
  return new AppError('CALLER_NOT_ALLOWED', 'The caller has no role for this call.', {
    role: caller.roles.join(','),
  })
}
