import type { IncomingMessage } from 'node:http'
import { type FastifyInstance, type FastifyReply, type FastifyServerOptions, fastify } from 'fastify'
import { AppError } from '#core/errors.ts'
import type { Log } from '#observe/logger.ts'
import { type CertificateFiles, watchCertificateFiles } from '#rpc/certificate-files.ts'
import { type FailureNeeds, toFailure } from '#rpc/failure.ts'
import { limits } from '#rpc/limits.ts'
import { answerBroken, refuseExpectation } from './broken-request.ts'
import { failureReply } from './failure-reply.ts'
import { doorPath } from './forward-auth/dialects.ts'
import { isOpaPath } from './opa/is-opa-path.ts'
import { opaFailure } from './opa/opa-failure.ts'
import { patience } from './patience.ts'

type Needs = FailureNeeds & { readonly log: Log }
type HttpErrors = { readonly statusCode?: number; readonly code?: string }

/** A Fastify with our limits, our form of failures, and bodies as bytes. */
export function createApp(needs: Needs, tls?: CertificateFiles, within = patience): FastifyInstance {
  const files =
    tls &&
    watchCertificateFiles(tls, {
      log: needs.log,
      // `server` is a TLS server wherever there are files.
      onChange: (pair) =>
        (app.server as unknown as { setSecureContext(pair: object): void }).setSecureContext(pair),
    })
  const http = {
    maxHeaderSize: limits.metadataBytes,
    headersTimeout: within.headersMs,
    connectionsCheckingInterval: within.checkMs,
    // Ours is the answer to those that send none.
    requireHostHeader: false,
  }
  const options: FastifyServerOptions = {
    bodyLimit: limits.messageBytes,
    requestTimeout: within.requestMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    logger: false,
    routerOptions: { maxParamLength: 512 },
    rewriteUrl: ({ url = '' }) => doorPath(url),
    // A path that cannot be decoded: it is not quoted, and no hook has run.
    frameworkErrors: (error, { raw }, reply) => {
      const { status, body } = isOpaPath(raw.url)
        ? opaFailure(needs, error)
        : failureReply(toFailure(needs, foreseen(error)))
      const bare = reply as unknown as FastifyReply
      bare.header('cache-control', 'no-store').code(status).send(body)
    },
    clientErrorHandler: answerBroken,
  }
  const secured = files && {
    https: {
      ...http,
      ...files.current,
      minVersion: 'TLSv1.2',
      requestCert: tls.ca !== undefined,
      rejectUnauthorized: tls.ca !== undefined && tls.optional !== true,
    },
  }
  const app = fastify({ ...options, ...(secured ?? { http }) } as FastifyServerOptions) as FastifyInstance
  app.addHook('onClose', async () => files?.close())
  // Whoever keeps an answer does so by its expires_at and by Watch, which a cache on the way does not follow.
  app.addHook('onRequest', async ({ raw }, reply) => {
    reply.header('cache-control', 'no-store')
    if (raw.headers.host === undefined && raw.httpVersion !== '1.0') throw malformed('host')
  })
  app.server.on('checkExpectation', refuseExpectation)
  bodiesAsBytes(app)
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = failureReply(
      toFailure(needs, foreseen(error as Error & HttpErrors, request.routeOptions.bodyLimit)),
    )
    drop(request.raw)
    return reply.code((error as HttpErrors).statusCode === 413 ? 413 : status).send(body)
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ code: 'unimplemented', message: 'There is nothing here.' }),
  )
  return app
}

function bodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const types = ['application/json', 'application/proto']
  app.addContentTypeParser(types, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

/** The server's own refusals in our words; anything else stays what it is. */
function foreseen(error: Error & HttpErrors, bodyLimit = limits.messageBytes): Error {
  if (error instanceof AppError) return error
  if (error.statusCode === 413) {
    const max = String(bodyLimit)
    return new AppError('LIMIT_EXCEEDED', `The body is larger than ${max} bytes.`, { limit: 'body', max })
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new AppError('INVALID_FIELD', 'The media type must be application/json or application/proto.', {
      field: 'content-type',
      rule: 'in',
    })
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return malformed('')
  }
  return error
}

function malformed(field: string): AppError {
  return new AppError('INVALID_FIELD', 'The request is malformed.', { field, rule: 'http' })
}

/** What is left of a refused body is not read. */
function drop(request: IncomingMessage): void {
  if (!request.complete) request.resume()
}
