import { create, type MessageShape } from '@bufbuild/protobuf'
import { AppError } from '#core/errors.ts'
import type { MappedClaims, Principal } from '#core/principal.ts'
import { decodeRevision, type RevisionToken } from '#core/revision.ts'
import type { Past } from '#decide/verbs.ts'
import {
  type Claims,
  type ExplainRequestSchema,
  type ExplainResponse,
  ExplainResponseSchema,
} from '#gen/vouchsafe/v1/decision_service_pb.ts'
import type { NamedPrincipal } from '#identity/principal.ts'
import { oneName } from './asker.ts'
import { boundedAttributes } from './attributes.ts'
import { authorize } from './authorize.ts'
import type { CallContext } from './call.ts'
import { checkResponseOf } from './check-response.ts'
import { invalidField } from './invalid-field.ts'
import type { RpcNeeds } from './needs.ts'
import { questionOf } from './question.ts'
import { grantReaders } from './roles.ts'
import { millisecondsOf, structOf, timestampOf } from './wire-values.ts'

export type Moment =
  | { readonly kind: 'time' /** ms */; readonly ms: number }
  | { readonly kind: 'number'; readonly revision: number }
  | { readonly kind: 'token'; readonly token: RevisionToken }

/** A tenant as it was, as far as it matters to one principal and one organization (id or key). */
export type ReadPast = (
  tenant: string,
  moment: Moment,
  scope: { readonly principal: NamedPrincipal; readonly organization?: string },
) => Promise<Past>

type Request = MessageShape<typeof ExplainRequestSchema>

/** Answers as Check would have: by what was stored then, the claims as given, the clock of then, and today's bundle. */
export async function explainPast(
  needs: RpcNeeds,
  request: Request,
  ctx: CallContext,
): Promise<ExplainResponse> {
  authorize(ctx.caller, { roles: grantReaders })
  const { check, claims } = request
  if (check === undefined) throw invalidField('check', 'required')
  const moment = momentOf(needs, request)
  const said = check.subject?.subject
  if (said?.case !== 'principal') {
    const text =
      'subject: a question about the past names the principal, and gives what its token said as claims.'
    throw new AppError('INVALID_FIELD', text, { field: 'check.subject', rule: 'principal' })
  }
  const tenant = needs.tenantOf(ctx.caller, { named: check.tenant }).id
  const question = questionOf(check, true)
  const name = oneName(said.value)
  const { organization } = question.context
  const past = await needs.past(tenant, moment, { principal: name, ...(organization && { organization }) })
  const principal = withClaims(needs.principalOfName(name, past.view), claims)
  const { caller, door, verb, trace_id } = ctx
  const asker = { caller, door, verb, principal, ...(trace_id !== undefined && { trace_id }) }
  const answer = needs.verbs.explainAt(past, asker, question)
  const then = needs.bundleAt(past.at)
  return create(ExplainResponseSchema, {
    response: checkResponseOf(answer),
    ...(answer.input && { input: structOf(answer.input) }),
    at: timestampOf(past.at),
    bundleThen: then ?? '',
    bundleMatch: then === undefined ? 'unknown' : then === answer.bundle_revision ? 'same' : 'other',
  })
}

function momentOf(needs: Pick<RpcNeeds, 'decisionNow'>, { at }: Request): Moment {
  if (at.case === 'number') return { kind: 'number', revision: Number(at.value) }
  if (at.case === 'dataRevision') return { kind: 'token', token: decodeRevision(at.value) }
  if (at.case !== 'time') throw invalidField('at', 'required')
  const ms = millisecondsOf(at.value)
  // What is to come is not decided yet.
  if (ms > needs.decisionNow()) throw invalidField('time', 'past')
  return { kind: 'time', ms }
}

function withClaims(principal: Principal, claims: Claims | undefined): Principal {
  if (claims === undefined) return principal
  const { tier, roles, entitlements, attributes, authority, issuedAt, expiresAt } = claims
  const mapped: MappedClaims = {
    ...(tier !== '' && { tier }),
    roles,
    entitlements,
    attributes: boundedAttributes(attributes),
  }
  return {
    ...principal,
    claims: mapped,
    authority: (authority || 'both') as NonNullable<Principal['authority']>,
    ...(issuedAt && { token_issued_at: millisecondsOf(issuedAt) }),
    ...(expiresAt && { token_expires_at: millisecondsOf(expiresAt) }),
  }
}
