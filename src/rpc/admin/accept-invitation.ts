import type { PersonRef } from '#admin/person.ts'
import { acceptInvitation, digest } from '#admin/seat-invitations.ts'
import { encodeRevision } from '#core/revision.ts'
import type { Caller, Role } from '#core/tenant-view.ts'
import { SeatService } from '#gen/vouchsafe/admin/v1/seat_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters } from '#rpc/roles.ts'
import { unary } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'
import { given } from './serve.ts'

/** The code is what grants it: the portal's service may bring it, for the person it serves. */
const accepters: readonly Role[] = [...granters, 'service']

export function acceptInvitationRpc(needs: RpcNeeds) {
  const { acceptInvitation: method } = SeatService.method
  const access = { roles: accepters, refused: ['worker'], longestMs: limits.changeDeadlineMs } as const
  return unary(method, access, async (message, ctx) => {
    const { tenant, reason, request_id, dry_run, code, ...asked } = documentOf(method.input, message)
    const person = await personOf(needs, ctx.caller, tenant, asked)
    const input = { code_sha256: digest(code).toString('hex'), person }
    const request = { action: method.name, reason, request_id, dry_run, input }
    const by = byOf(needs, ctx, tenant, accepters)
    const done = await needs.admin.write(by, request, acceptInvitation)
    const { preview } = done
    const revision = encodeRevision(done.revision)
    return messageOf(method.output, { ...done.result, revision, ...(preview && { preview }) })
  })
}

type Accepter = { readonly access_token?: string; readonly person?: PersonRef }

async function personOf(
  needs: RpcNeeds,
  caller: Caller,
  tenant: string,
  { access_token: token, person }: Accepter,
): Promise<PersonRef> {
  if (token === undefined) return given(person, 'accepter')
  const bearer = await needs.bearerOfToken(token, caller)
  needs.tenantOf(caller, { tokenTenant: bearer.tenant, named: tenant })
  return { identity: bearer.identity }
}
