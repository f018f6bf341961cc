import { randomBytes } from 'node:crypto'
import { inviteToSeat } from '#admin/seat-invitations.ts'
import { encodeRevision } from '#core/revision.ts'
import { SeatService } from '#gen/vouchsafe/admin/v1/seat_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters } from '#rpc/roles.ts'
import { unary } from '#rpc/rpc.ts'
import { delegated } from './delegated.ts'
import { documentOf, messageOf } from './document.ts'

/** The code is in no row, so it cannot be in the answer that a repeat gets either. */
export function inviteToSeatRpc(needs: RpcNeeds) {
  const { inviteToSeat: method } = SeatService.method
  return unary(method, { ...delegated, longestMs: limits.changeDeadlineMs }, async (message, ctx) => {
    const { tenant, reason, request_id, dry_run, ...input } = documentOf(method.input, message)
    const made = `inv_${randomBytes(24).toString('base64url')}`
    let code = ''
    const request = { action: method.name, reason, request_id, dry_run, input }
    const done = await needs.admin.write(byOf(needs, ctx, tenant, granters), request, (tx, scope, asked) => {
      if (!dry_run) code = made
      return inviteToSeat(made)(tx, scope, asked)
    })
    const { preview } = done
    const revision = encodeRevision(done.revision)
    return messageOf(method.output, { ...done.result, code, revision, ...(preview && { preview }) })
  })
}
