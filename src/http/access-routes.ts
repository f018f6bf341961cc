import type { FastifyInstance } from 'fastify'
import type { AppError } from '#core/errors.ts'
import { type CheckRequest, CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { deniedBody, failedBody, isOurFailure } from './denied-body.ts'
import { failureReply } from './failure-reply.ts'
import { isoOf } from './iso.ts'
import { readMessage } from './read-message.ts'
import type { Rest } from './rest.ts'

/** The question of Check, answered by the status: 200, or the denial's own and a body that says what would help (S003-49). */
export function addAccessRoutes(app: FastifyInstance, rest: Rest, upgradeUrl: string | undefined): void {
  app.post('/v1/access', async (request, reply) => {
    let asked: CheckRequest | undefined
    try {
      const answer = await rest.call(request, DecisionService.method.check, () => {
        asked = readMessage(
          CheckRequestSchema,
          request.body instanceof Uint8Array ? request.body : new Uint8Array(),
          false,
        )
        return asked
      })
      if (!answer.allowed) return reply.code(answer.denyAs || 403).send(deniedBody(answer, asked, upgradeUrl))
      const { decisionId: decision_id, dataRevision: revision } = answer
      return { allowed: true, expires_at: isoOf(answer.expiresAt), decision_id, revision }
    } catch (error) {
      if (!isOurFailure(error)) throw error
      return reply.code(failureReply(error as AppError).status).send(failedBody(asked, error.message))
    }
  })
}
