import type { Membership } from '#core/tenant-view.ts'
import { invalidField } from '#rpc/invalid-field.ts'

const roles: readonly string[] = ['member', 'admin', 'owner', 'delegate'] satisfies Membership['role'][]

/** Default member. */
export function memberRoleOf(text: string): Membership['role'] {
  if (text === '') return 'member'
  if (!roles.includes(text)) throw invalidField('role', 'string.in')
  return text as Membership['role']
}
