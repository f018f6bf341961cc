import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { JsonObject } from '#core/json.ts'
import { incomingRequest } from '#http/incoming-request.ts'
import { namedTenant } from '#http/rest.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { askers } from '#rpc/roles.ts'
import { answerMany, answerOne } from './evaluations.ts'
import { type Exchange, exchangeOf } from './exchange.ts'
import { metadataOf } from './metadata.ts'
import type { AuthzenNeeds } from './parts.ts'
import { readBody } from './read-body.ts'
import { searchActions } from './search-actions.ts'
import { searchResources } from './search-resources.ts'
import { searchSubjects } from './search-subjects.ts'

type Answer = (needs: AuthzenNeeds, exchange: Exchange, body: JsonObject) => Promise<unknown>

const calls: readonly { readonly path: string; readonly name: string; readonly answer: Answer }[] = [
  { path: '/access/v1/evaluation', name: 'Evaluation', answer: answerOne },
  { path: '/access/v1/evaluations', name: 'Evaluations', answer: answerMany },
  { path: '/access/v1/search/subject', name: 'SubjectSearch', answer: searchSubjects },
  { path: '/access/v1/search/resource', name: 'ResourceSearch', answer: searchResources },
  { path: '/access/v1/search/action', name: 'ActionSearch', answer: searchActions },
]
const wellKnown = '/.well-known/authzen-configuration'

/** AuthZEN's Authorization API 1.0. A tenant's key before the path is what `?tenant=` is elsewhere. */
export function addAuthzenRoutes(app: FastifyInstance, needs: AuthzenNeeds): void {
  app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      const id = request.headers['x-request-id']
      if (id !== undefined) reply.header('x-request-id', id)
    })
    for (const { path, name, answer } of calls) {
      const verb = { roles: askers, method: { name } }
      const handle = (request: FastifyRequest) => {
        const call = { ...incomingRequest(request, needs.now()), door: 'authzen' }
        return needs.pipeline.ask(verb, call, (ctx) =>
          answer(needs, exchangeOf(needs, ctx, tenantNamed(request)), readBody(request)),
        )
      }
      scope.post(path, async (request) => handle(request))
      scope.post(`/:tenant${path}`, async (request) => handle(request))
    }
    for (const path of [wellKnown, `${wellKnown}/*`]) {
      scope.get<{ Params: { readonly '*'?: string } }>(path, async (request, reply) => {
        const { publicUrl, accessRequestUrl } = needs.authzen
        const rest = request.params['*'] ?? ''
        const found = publicUrl === undefined ? undefined : metadataOf(publicUrl, rest, accessRequestUrl)
        if (found !== undefined) return found
        const unset = 'VOUCHSAFE_PUBLIC_URL is not set: this server does not know where clients reach it.'
        const message = publicUrl === undefined ? unset : 'There is no decision point of this name.'
        return reply.code(404).send({ code: 'not_found', message })
      })
    }
  })
}

function tenantNamed(request: FastifyRequest): string {
  const { tenant } = request.params as { readonly tenant?: string }
  const named = namedTenant(request)
  if (tenant !== undefined && named !== '' && named !== tenant) throw invalidField('tenant', 'one')
  return tenant ?? named
}
