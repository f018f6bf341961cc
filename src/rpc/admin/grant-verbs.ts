import { batchGrant } from '#admin/batch-grant.ts'
import { getGrant } from '#admin/find-grant.ts'
import type { GrantRecord, HolderRef, TargetRef } from '#admin/grant-types.ts'
import { listGrantedProducts } from '#admin/list-granted-products.ts'
import { revokeByReference } from '#admin/revoke-by-reference.ts'
import { revokeFromSource } from '#admin/revoke-by-source.ts'
import { startTrial } from '#admin/start-trial.ts'
import { updateGrant } from '#admin/update-grant.ts'
import { GrantSchema, GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { sourceOf } from '#rpc/grant-input.ts'
import { grantMessageOf } from '#rpc/grant-message.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { documentOf } from './document.ts'
import { millisecondsIn } from './instants.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

/** What is done with grants beside giving, taking back and listing. */
export function grantVerbRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = GrantService
  const { read, write } = adminRpcs(needs)
  return [
    read(
      method.getGrant,
      getGrant,
      (asked) => asked.grant,
      (grant) => ({ grant: shown(grant) }),
    ),
    write(
      method.updateGrant,
      updateGrant,
      ({ grant: document, update_mask }) => {
        const { id, etag, ends_at, past_due_at, value, reason, cost_microcents, metadata } = given(
          document,
          'grant',
        )
        const times = {
          ...(ends_at !== undefined && { ends_at: millisecondsIn(ends_at) }),
          ...(past_due_at !== undefined && { past_due_at: millisecondsIn(past_due_at) }),
        }
        const terms = { ...times, ...optional({ value, metadata }), reason, ...costOf(cost_microcents) }
        return { grant: id, etag, fields: fieldsOf(update_mask), terms }
      },
      ({ grant, changed }) => ({ grant: shown(grant), changed }),
    ),
    write(
      method.batchGrant,
      batchGrant,
      (asked) => ({
        holders: asked.holders.map(holderIn),
        ...(asked.holders_of && { holders_of: targetIn(asked.holders_of) }),
        target: targetIn(given(asked.target, 'target')),
        ...optional({ value: asked.value, metadata: asked.metadata }),
        module: asked.module,
        scope_organization: asked.scope_organization,
        ...(asked.starts_at !== undefined && { starts_at: millisecondsIn(asked.starts_at) }),
        ...(asked.ends_at !== undefined && { ends_at: millisecondsIn(asked.ends_at) }),
        source: sourceOf(asked.source || 'promotion'),
        source_ref: asked.source_ref,
        reason: asked.reason,
        ...costOf(asked.cost_microcents),
        page_size: asked.page_size,
        page_token: asked.page_token,
      }),
      (done) => done,
    ),
    write(
      method.startTrial,
      startTrial,
      ({ holder, plan, days, module, scope_organization, reason }) => ({
        holder: holderIn(given(holder, 'holder')),
        plan,
        days,
        module,
        scope_organization,
        reason,
      }),
      ({ grant, group }) => ({ grant: shown(grant), group }),
    ),
    write(
      method.revokeBySource,
      revokeFromSource,
      ({ holder, source, source_ref, reason }) => ({
        holder: holderIn(given(holder, 'holder')),
        source: sourceOf(source),
        ...(source_ref !== '' && { source_ref }),
        reason,
      }),
      ({ revoked, shrunk, ...keys }) => ({ revoked: revoked.map(shown), shrunk_pools: shrunk, ...keys }),
    ),
    write(
      method.revokeByReference,
      revokeByReference,
      ({ source_ref, source, holders, reason }) => ({
        source_ref,
        ...(source !== '' && { source: sourceOf(source) }),
        holders: holders.map(holderIn),
        reason,
      }),
      ({ revoked, shrunk, ...done }) => ({ revoked: revoked.map(shown), shrunk_pools: shrunk, ...done }),
    ),
    read(
      method.listGrantedProducts,
      listGrantedProducts,
      ({ holder, page_size, page_token }) => ({
        holder: holderIn(given(holder, 'holder')),
        page_size,
        page_token,
      }),
      ({ items, next_page_token }) => ({ products: items, next_page_token }),
    ),
  ]
}

type HolderDocument = {
  readonly subject?: string
  readonly organization?: string
  readonly identity?: { readonly issuer: string; readonly subject: string }
}
type TargetDocument = { readonly entitlement?: string; readonly product?: string; readonly plan?: string }

function shown(grant: GrantRecord) {
  return documentOf(GrantSchema, grantMessageOf(grant))
}

function holderIn({ subject, organization, identity }: HolderDocument): HolderRef {
  if (identity !== undefined) return { identity }
  if (organization !== undefined) return { organization }
  if (subject !== undefined) return { subject }
  throw invalidField('holder', 'required')
}

function targetIn({ entitlement, product, plan }: TargetDocument): TargetRef {
  if (plan !== undefined) return { plan }
  if (product !== undefined) return { product }
  if (entitlement !== undefined) return { entitlement }
  throw invalidField('target', 'required')
}

function optional<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const said = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

function costOf(text: string) {
  return text === '0' ? {} : { cost_microcents: Number(text) }
}
