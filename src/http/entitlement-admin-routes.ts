import { create, fromJson, type MessageInitShape } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type GrantEntitlementRequestSchema, GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { PrincipalSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { structOf, timestampOf } from '#rpc/wire-values.ts'
import { entitlementSummary } from './entitlement-summary.ts'
import { grantDocument, kept } from './grant-document.ts'
import { grantTypes, quantityOf, reasonOf, reasonSources, typeOf } from './grant-types.ts'
import { JsonBody } from './json-body.ts'
import { personHolder } from './person-holder.ts'
import { namedTenant, queryText, type Rest, type TenantOf, writeFields } from './rest.ts'

type Route = { Params: { id: string } }
const method = GrantService.method

/** Grants as S004-33 lists, sums up, makes, reads and deletes them: for administrators only. */
export function addEntitlementAdminRoutes(
  app: FastifyInstance,
  rest: Rest,
  { decisionNow }: { readonly decisionNow: () => number },
): void {
  const path = '/api/v1/entitlements'
  const page = (request: FastifyRequest, pageToken: string, pageSize: number, includeEnded: boolean) =>
    rest.call(request, method.listGrants, (tenant) => ({
      holder: holderOf(tenant, queryText(request, 'user_id')),
      includeEnded,
      pageSize,
      pageToken,
      tenant: namedTenant(request),
    }))

  app.get(path, async (request) => {
    const size = Number(queryText(request, 'page_size') || 50)
    const ended = queryText(request, 'include_inactive') === 'true'
    const { grants, nextPageToken, revision } = await page(
      request,
      queryText(request, 'page_token'),
      Number.isSafeInteger(size) ? size : -1,
      ended,
    )
    const now = decisionNow()
    return {
      entitlements: grants.map((grant) => grantDocument(grant, now)),
      next_page_token: nextPageToken,
      revision,
    }
  })

  app.get(`${path}/summary`, async (request) => {
    const grants = []
    let token = ''
    let revision = ''
    do {
      const next = await page(request, token, 1000, false)
      grants.push(...next.grants)
      token = next.nextPageToken
      revision = next.revision
    } while (token !== '')
    const held = await rest.call(request, DecisionService.method.listEntitlements, (tenant) => ({
      subject: { subject: principalOf(tenant, queryText(request, 'user_id')) },
      consistency: { demand: { case: 'atLeast', value: revision } as const },
      tenant: namedTenant(request),
    }))
    const now = decisionNow()
    const documents = grants.map((grant) => grantDocument(grant, now))
    return { ...entitlementSummary(documents, held.entitlements), revision }
  })

  app.post(path, async (request, reply) => {
    const body = new JsonBody(request.body)
    const { grant, changed, revision } = await rest.call(request, method.grantEntitlement, (tenant) =>
      grantMessage(request, tenant, body),
    )
    reply.code(changed ? 201 : 200)
    return { ...(grant && grantDocument(grant, decisionNow())), revision }
  })

  function grantMessage(
    request: FastifyRequest,
    tenant: TenantOf,
    body: JsonBody,
  ): MessageInitShape<typeof GrantEntitlementRequestSchema> {
    const type = typeOf(body)
    const reason = reasonOf(body)
    const value = quantityOf(type, body)
    const starts = body.instant('granted_at')
    const ends = body.instant('expires_at')
    const extra = kept.flatMap((key) => (body.text(key) === '' ? [] : [[key, body.text(key)] as const]))
    return {
      holder: holderOf(tenant, body.required('user_id')),
      target: grantTypes[type](body),
      ...(value !== undefined && { value: fromJson(ValueSchema, value) }),
      ...(starts !== undefined && { startsAt: timestampOf(starts) }),
      ...(ends !== undefined && { endsAt: timestampOf(ends) }),
      source: reasonSources[reason],
      sourceRef: body.text('reference_id') || body.text('subscription_id'),
      reason: body.text('notes'),
      costMicrocents: BigInt(body.count('cost_microcents') ?? 0),
      metadata: structOf({ ...body.object('metadata'), ...Object.fromEntries(extra) }),
      ...writeFields(request),
    }
  }

  app.get<Route>(`${path}/:id`, async (request) => {
    const { grant, revision } = await rest.call(request, method.getGrant, () => ({
      grant: request.params.id,
      tenant: namedTenant(request),
    }))
    return { ...(grant && grantDocument(grant, decisionNow())), revision }
  })

  // It ends; its row stays.
  app.delete<Route>(`${path}/:id`, async (request) => {
    const { revoked, revision } = await rest.call(request, method.revokeEntitlement, () => ({
      grantId: request.params.id,
      reason: reasonFor(request),
      ...writeFields(request),
    }))
    return { id: request.params.id, revoked: revoked.length, revision }
  })

  app.delete(path, async (request) => {
    const reference_id = queryText(request, 'reference_id')
    const user = queryText(request, 'user_id')
    const { count, more, revision } = await rest.call(request, method.revokeByReference, (tenant) => ({
      sourceRef: reference_id,
      holders: user === '' ? [] : [holderOf(tenant, user)],
      reason: reasonFor(request),
      ...writeFields(request),
    }))
    return { reference_id, revoked: count, more, revision }
  })
}

function holderOf(tenant: TenantOf, user: string) {
  if (user === '') throw invalidField('user_id', 'required')
  return personHolder(tenant(), user)
}

function principalOf(tenant: TenantOf, user: string) {
  const named = holderOf(tenant, user).holder
  const value = named?.case === 'identity' ? named.value : { id: named?.value ?? '' }
  return {
    case: 'principal',
    value: create(PrincipalSchema, value as MessageInitShape<typeof PrincipalSchema>),
  } as const
}

function reasonFor(request: FastifyRequest): string {
  return queryText(request, 'reason') || new JsonBody(request.body).text('reason')
}
