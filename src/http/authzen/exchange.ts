import { AppError } from '#core/errors.ts'
import type { JsonObject } from '#core/json.ts'
import { decodeRevision } from '#core/revision.ts'
import type { TenantView } from '#core/tenant-view.ts'
import type { Asker } from '#decide/verbs.ts'
import { askerOf } from '#rpc/asker.ts'
import type { CallContext } from '#rpc/call.ts'
import { remaining } from '#rpc/deadline.ts'
import type { Maybe } from '#rpc/maybe.ts'
import type { Entity } from './entities.ts'
import { fieldOf, textAt } from './json-fields.ts'
import type { AuthzenNeeds } from './parts.ts'
import { subjectOf } from './subject-of.ts'

/** One request of a caller that may ask. */
export type Exchange = {
  readonly ctx: CallContext
  /** The tenant that it names, or empty. */
  readonly named: string
  /** Throws TENANT_MISMATCH, and INVALID_FIELD where it has to be named. */
  readonly tenant: () => TenantView
  /** Whether the caller may see more than codes. */
  readonly details: boolean
}

/** Throws TENANT_MISMATCH for a tenant that is not the caller's to name. */
export function exchangeOf(needs: AuthzenNeeds, ctx: CallContext, named: string): Exchange {
  const tenant = () => needs.tenantOf(ctx.caller, { named })
  if (named !== '') tenant()
  return {
    ctx,
    named,
    tenant,
    details: ctx.caller.roles.some((role) => role !== 'gateway'),
  }
}

/** Whom a question is about; undefined for nobody, of whom nothing is asked. */
export function asking(needs: AuthzenNeeds, { ctx, named, tenant }: Exchange, entity: Entity) {
  const subject = subjectOf(tenant, entity)
  return subject && (askerOf(needs, ctx, subject, named) as Maybe<Asker>)
}

/** Whether a token of the subject was refused: that is a denial, and no failure of the caller's. */
export function isRefusedToken(error: unknown, entity: Entity): error is AppError {
  if (!(error instanceof AppError) || fieldOf(entity.properties, 'access_token') === undefined) return false
  return error.code === 'TOKEN_REFUSED' || error.code === 'TENANT_MISMATCH'
}

/** Waits until the data is as fresh as the contexts demand. */
export async function awaitDemanded(
  needs: AuthzenNeeds,
  { ctx, tenant }: Exchange,
  contexts: readonly JsonObject[],
): Promise<void> {
  const demanded = new Set<string>()
  for (const context of contexts) {
    const text = fieldOf(context, 'at_least')
    if (text !== undefined) demanded.add(textAt(text, 'context.at_least'))
  }
  for (const text of demanded) {
    const revision = decodeRevision(text)
    if (revision.tenant !== tenant().id)
      throw new AppError('TENANT_MISMATCH', 'The revision token is not of this tenant.')
    const timeout = remaining(ctx.deadline, needs.now())
    await needs.verbs.awaitFreshness(revision.tenant, { kind: 'at_least', revision }, timeout)
  }
}
