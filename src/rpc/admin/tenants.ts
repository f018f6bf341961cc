import { createHash } from 'node:crypto'
import { getTenant, makeTenant, updateTenant } from '#admin/tenants.ts'
import { AppError } from '#core/errors.ts'
import { encodeRevision } from '#core/revision.ts'
import type { Caller } from '#core/tenant-view.ts'
import { TenantService } from '#gen/vouchsafe/admin/v1/tenant_service_pb.ts'
import type { CallContext } from '#rpc/call.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { grantReaders } from '#rpc/roles.ts'
import { type Rpc, unary } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'
import { fieldsOf, given } from './serve.ts'

const operators = { roles: ['operator'], refused: ['worker'], platform: true } as const
const changing = { ...operators, longestMs: limits.changeDeadlineMs } as const

/** Not rows like the others: a tenant that is made is its own scope, and operators see all of them. */
export function tenantRpcs({ admin, newId }: RpcNeeds): readonly Rpc[] {
  const { method } = TenantService
  const by = (tenant: string, { caller, trace_id: cause }: CallContext) => ({
    tenant,
    actor: caller.id,
    ...(cause && { cause }),
  })

  return [
    unary(method.createTenant, operators, async (message, ctx) => {
      const { tenant, reason, request_id } = documentOf(method.createTenant.input, message)
      const id = request_id ? idFor(ctx.caller, request_id) : newId()
      const request = { action: 'CreateTenant', reason, request_id, input: given(tenant, 'tenant') }
      const done = await admin.write(by(id, ctx), request, makeTenant)
      await admin.tenants.known()
      const revision = encodeRevision(done.revision)
      return messageOf(method.createTenant.output, { tenant: done.result, revision })
    }),

    unary(method.getTenant, { roles: grantReaders }, async (message, ctx) => {
      const { id, key } = await located(message.tenant, ctx.caller)
      const { result, revision } = await admin.read(by(id, ctx), key, getTenant)
      return messageOf(method.getTenant.output, { tenant: result, revision: encodeRevision(revision) })
    }),

    unary(method.listTenants, { roles: ['operator', 'auditor'], platform: true }, async (message) => {
      const page = await admin.tenants.list(documentOf(method.listTenants.input, message))
      return messageOf(method.listTenants.output, {
        tenants: page.items,
        next_page_token: page.next_page_token,
      })
    }),

    unary(method.updateTenant, changing, async (message, ctx) => {
      const asked = documentOf(method.updateTenant.input, message)
      const document = given(asked.tenant, 'tenant')
      const { id } = await admin.tenants.locate(document.key)
      const input = { document, fields: fieldsOf(asked.update_mask) }
      const { reason, request_id, dry_run } = asked
      const request = { action: 'UpdateTenant', reason, request_id, dry_run, input }
      const { result, preview, ...done } = await admin.write(by(id, ctx), request, updateTenant)
      const answer = { tenant: result, revision: encodeRevision(done.revision) }
      return messageOf(method.updateTenant.output, { ...answer, ...(preview && { preview }) })
    }),
  ]

  /** Another's is as unknown as none. */
  async function located(idOrKey: string, caller: Caller) {
    const found = await admin.tenants.locate(idOrKey)
    if (caller.tenant === undefined || caller.tenant === found.id) return found
    throw new AppError('NOT_FOUND', `There is no tenant "${idOrKey}".`, { kind: 'tenant', name: idOrKey })
  }
}

// A repeat has to meet the tenant that the first one made, or its request id would not be found there.
function idFor(caller: Caller, requestId: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(['tenant', caller.id, requestId]))
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
