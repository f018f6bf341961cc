import type { FastifyInstance } from 'fastify'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { JsonBody } from './json-body.ts'
import { namedTenant, queryText, type Rest, writeFields } from './rest.ts'

type Route = { Params: { slug: string } }

/** Restricting products and what they cost, as the administration of the download portal asks for it (S001-50). */
export function addAdminApplicationRoutes(app: FastifyInstance, rest: Rest): void {
  app.put<Route>('/v1/admin/applications/:slug/restricted', async (request) => {
    const { slug } = request.params
    const body = new JsonBody(request.body)
    const done = await rest.call(request, ProductService.method.restrictProduct, () => {
      const requiresEntitlement = body.flag('restricted')
      if (requiresEntitlement === undefined) throw invalidField('restricted', 'required')
      return { product: slug, requiresEntitlement, reason: body.text('reason'), ...writeFields(request) }
    })
    return {
      slug,
      restricted: done.product?.requiresEntitlement ?? false,
      backfilled: done.backfilledMembers,
      withheld: done.withheldMembers,
      warnings: done.warnings,
      revision: done.revision,
    }
  })

  const prices = '/v1/admin/applications/:slug/stripe-prices'
  const mappingsOf = (request: Parameters<Rest['call']>[0], product: string, externalId: string) =>
    rest.call(request, PriceService.method.listPriceMappings, () => ({
      product,
      externalId,
      pageSize: 1000,
      tenant: namedTenant(request),
    }))

  app.get<Route>(prices, async (request) => {
    const { mappings, revision } = await mappingsOf(request, request.params.slug, '')
    return { slug: request.params.slug, prices: mappings.map(({ externalId }) => externalId), revision }
  })

  app.post<Route>(prices, async (request, reply) => {
    const { slug } = request.params
    const body = new JsonBody(request.body)
    const { mapping, changed, revision } = await rest.call(request, PriceService.method.mapPrice, () => ({
      mapping: {
        match: 'price',
        externalId: body.required('price_id'),
        target: { case: 'product', value: slug } as const,
        module: body.text('module'),
        quantity: body.text('quantity'),
        pool: body.text('pool'),
      },
      reason: body.text('reason'),
      ...writeFields(request),
    }))
    reply.code(changed ? 201 : 200)
    return { id: mapping?.id ?? '', slug, price_id: mapping?.externalId ?? '', changed, revision }
  })

  // By the price, which is all that its caller knows. None is no error.
  app.delete<Route>(prices, async (request) => {
    const { slug } = request.params
    const body = new JsonBody(request.body)
    const price_id = queryText(request, 'price_id') || body.required('price_id')
    const { mappings, revision } = await mappingsOf(request, slug, price_id)
    const found = mappings.find(({ match }) => match === 'price')
    if (found === undefined) return { slug, price_id, changed: false, revision }
    const done = await rest.call(request, PriceService.method.unmapPrice, () => ({
      mapping: found.id,
      reason: body.text('reason'),
      ...writeFields(request),
    }))
    return { slug, price_id, changed: done.changed, revision: done.revision }
  })
}
