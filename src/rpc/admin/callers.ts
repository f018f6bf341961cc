import { randomBytes } from 'node:crypto'
import {
  createCaller,
  createCallerKey,
  endCallerKey,
  getCaller,
  listCallers,
  updateCaller,
} from '#admin/caller-accounts.ts'
import { platformTenant } from '#core/platform.ts'
import { encodeRevision } from '#core/revision.ts'
import { CallerService } from '#gen/vouchsafe/admin/v1/caller_service_pb.ts'
import { apiKeyRandomBytes, generateApiKey } from '#identity/api-key.ts'
import { byOf } from '#rpc/by.ts'
import type { CallContext } from '#rpc/call.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters } from '#rpc/roles.ts'
import { type Rpc, unary } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

/** Callers of a tenant; a caller of the platform that names no tenant means the platform's own. */
export function callerRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = CallerService
  const by = (ctx: CallContext, named: string) =>
    named === '' && ctx.caller.tenant === undefined
      ? { tenant: platformTenant, actor: ctx.caller.id }
      : byOf(needs, ctx, named)
  const { read, write } = adminRpcs(needs, by)
  return [
    write(
      method.createCaller,
      createCaller,
      (asked) => given(asked.caller, 'caller'),
      (caller) => ({ caller }),
    ),
    read(
      method.getCaller,
      getCaller,
      (asked) => asked.caller,
      (caller) => ({ caller }),
    ),
    read(
      method.listCallers,
      listCallers,
      (asked) => asked,
      ({ items, next_page_token }) => ({ callers: items, next_page_token }),
    ),
    write(
      method.updateCaller,
      updateCaller,
      (asked) => ({ document: given(asked.caller, 'caller'), fields: fieldsOf(asked.update_mask) }),
      (caller) => ({ caller }),
    ),
    // The text of a key is in no row, so it cannot be in the answer that a repeat gets either.
    unary(method.createCallerKey, { roles: granters, refused: ['worker'] }, async (message, ctx) => {
      const { tenant, reason, request_id, ...input } = documentOf(method.createCallerKey.input, message)
      const made = generateApiKey(randomBytes(apiKeyRandomBytes))
      const expires = input.expires_at === undefined ? {} : { expires_at: Date.parse(input.expires_at) }
      const request = { action: 'CreateCallerKey', reason, request_id, input }
      const done = await needs.admin.write(by(ctx, tenant), request, (tx, scope, { caller }) =>
        createCallerKey(tx, scope, { caller, id: made.id, sha256: made.sha256, ...expires }),
      )
      const { key } = done.result
      const text = key.id === made.id ? made.text : ''
      const revision = encodeRevision(done.revision)
      return messageOf(method.createCallerKey.output, { key, text, revision })
    }),
    write(
      method.disableCallerKey,
      endCallerKey,
      (asked) => asked.key,
      (done) => done,
    ),
  ]
}
