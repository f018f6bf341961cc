import type { PersonRef } from '#admin/person.ts'
import { acceptInvitation, digest } from '#admin/seat-invitations.ts'
import { encodeRevision } from '#core/revision.ts'
import type { Caller, Role } from '#core/tenant-view.ts'
import { SeatService } from '#gen/vouchsafe/admin/v1/seat_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters } from '#rpc/roles.ts'
import { unary } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'
import { given } from './serve.ts'

/** The code is what grants it: the portal's service may bring it, for the person it serves. */
const accepters: readonly Role[] = [...granters, 'service']

export function acceptInvitationRpc(needs: RpcNeeds) {
  const { acceptInvitation: method } = SeatService.method
  return unary(method, { roles: accepters, refused: ['worker'] }, async (message, ctx) => {
    const { tenant, reason, request_id, code, ...asked } = documentOf(method.input, message)
    const person = await personOf(needs, ctx.caller, tenant, asked)
    const input = { code_sha256: digest(code).toString('hex'), person }
    const request = { action: method.name, reason, request_id, input }
    const by = byOf(needs, ctx, tenant, accepters)
    const done = await needs.admin.write(by, request, acceptInvitation)
    return messageOf(method.output, { ...done.result, revision: encodeRevision(done.revision) })
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
