import type { FastifyInstance } from 'fastify'
import { type GrantedProduct, GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { isoOf } from './iso.ts'
import { JsonBody } from './json-body.ts'
import { personHolder } from './person-holder.ts'
import { namedTenant, queryText, type Rest, writeFields } from './rest.ts'

type Route = { Params: { id: string } }
const method = GrantService.method
const product = (value: string) => ({ target: { case: 'product', value } }) as const

/** A person's products, as the administration of the download portal asks for them (S001-50). */
export function addAdminUserRoutes(app: FastifyInstance, rest: Rest): void {
  app.get<Route>('/v1/admin/users/:id/entitlements', async (request) => {
    const page = await rest.call(request, method.listGrantedProducts, (tenant) => ({
      holder: personHolder(tenant(), request.params.id),
      pageSize: 1000,
      pageToken: queryText(request, 'page_token'),
      tenant: namedTenant(request),
    }))
    const { nextPageToken: next_page_token, revision } = page
    return { entitlements: page.products.map(shown), next_page_token, revision }
  })

  app.post<Route>('/v1/admin/users/:id/entitlements', async (request, reply) => {
    const body = new JsonBody(request.body)
    const { grant, changed, revision } = await rest.call(request, method.grantEntitlement, (tenant) => ({
      holder: personHolder(tenant(), request.params.id),
      target: product(body.required('slug')),
      reason: body.text('reason'),
      ...writeFields(request),
    }))
    reply.code(changed ? 201 : 200)
    return { id: grant?.id ?? '', slug: body.required('slug'), granted: changed, revision }
  })

  // A person has or has not the product there: what any source gave is taken.
  app.post<Route>('/v1/admin/users/:id/entitlements/revoke', async (request) => {
    const body = new JsonBody(request.body)
    const { revoked, revision } = await rest.call(request, method.revokeEntitlement, (tenant) => ({
      holder: personHolder(tenant(), request.params.id),
      target: product(body.required('slug')),
      source: 'any',
      reason: body.text('reason'),
      ...writeFields(request),
    }))
    return { slug: body.required('slug'), revoked: revoked.length > 0, revision }
  })
}

function shown(given: GrantedProduct) {
  const { product, name, requiresEntitlement, source, grant, grantedAt, endsAt, plan } = given
  return {
    id: product,
    slug: product,
    display_name: name,
    requires_entitlement: requiresEntitlement,
    granted_at: isoOf(grantedAt),
    ends_at: isoOf(endsAt),
    source,
    grant_id: grant,
    plan: plan || null,
  }
}
