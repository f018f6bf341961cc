import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Webhook } from '#stripe/webhook.ts'

/** Stripe's own events have some KiB. */
const bodyLimit = 1024 * 1024

/**
 * Where Stripe delivers. Whatever the media type says, the body stays the bytes that were signed: nothing parses them
 * before they are proved.
 */
export function addStripeRoutes(app: FastifyInstance, webhook: Webhook): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    const receive = async (request: FastifyRequest, endpoint?: string) =>
      webhook({
        endpoint,
        body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
        signatures: request.raw.headersDistinct['stripe-signature'] ?? [],
      })
    scope.post<{ Params: { endpoint: string } }>('/webhooks/stripe/:endpoint', { bodyLimit }, (request) =>
      receive(request, request.params.endpoint),
    )
    for (const path of ['/webhooks/stripe', '/v1/webhooks/stripe']) {
      scope.post(path, { bodyLimit }, (request) => receive(request))
    }
  })
}
