import { METHODS } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refusedHeader } from '#core/identity-headers.ts'
import type { Log } from '#observe/logger.ts'
import { clientTokens } from '#rpc/client-tokens.ts'
import { withinDeadline } from '#rpc/deadline.ts'
import { deniedResponse } from '#rpc/denied-response.ts'
import { createGate, type GateReply, type GateRequest, type RefusedQuestion } from '#rpc/gate.ts'
import { identityOf } from '#rpc/identity-of.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { type Dialect, dialects } from './forward-auth/dialects.ts'
import { namesTestIdentity, testPrincipal } from './forward-auth/test-identity.ts'
import type { Told } from './forward-auth/told.ts'
import { copiedHeaders, setAndRemoved } from './forward-auth/upstream-headers.ts'
import { gatewayCall } from './gateway-call.ts'

export type ForwardAuthNeeds = RpcNeeds & {
  readonly log: Log
  readonly upgradeUrl?: string | undefined
  readonly isTrustedProxy: (peer: string | undefined) => boolean
  /** Whether the x-hyops headers of a trusted proxy name whoever asks. For tests. */
  readonly testHeaders: boolean
}

const door = 'forward_auth'
/** Peers that are logged, each once. */
const strangersNoted = 100

/**
 * What proxies ask before they let a request through. Whoever is no trusted proxy, or does not say plainly what it asks
 * about, is denied; nothing here fails in another way.
 */
export function addForwardAuthRoutes(app: FastifyInstance, needs: ForwardAuthNeeds): void {
  if (needs.testHeaders) {
    needs.log.warn({ door }, 'VOUCHSAFE_TEST_HEADERS is on: x-hyops headers are believed without any token')
  }
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
  app.register(async (scope) => {
    // Of a body nothing is read, whatever its type.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume()
      done(null)
    })
    // Fastify refuses media types that are none, and methods that must have one: they are the client's, not ours.
    scope.addHook('onRequest', async ({ raw }) => {
      raw.headers['content-type'] = 'application/octet-stream'
    })
    const ask = createAsk(needs)
    for (const dialect of dialects) {
      scope.all(dialect.path, async (request, reply) =>
        say(needs, dialect, await ask(dialect, request), reply),
      )
    }
  })
}

function createAsk(needs: ForwardAuthNeeds) {
  const believed = createGate(needs)
  const strangers = new Set<string>()

  function gateFor(told: Told) {
    if (!needs.testHeaders || !namesTestIdentity(told)) return believed
    const [tenant = ''] = tenantOf(told)
    return createGate({
      ...needs,
      principalOfToken: (_token, caller) => testPrincipal(needs, told, caller, tenant),
    })
  }

  function stranger(peer = ''): RefusedQuestion {
    if (!strangers.has(peer) && strangers.size < strangersNoted) {
      strangers.add(peer)
      needs.log.warn({ door, peer }, 'asked by a peer that is not among VOUCHSAFE_TRUSTED_PROXIES')
    }
    return refused('PROXY_NOT_TRUSTED', 'a peer that is no trusted proxy', 403)
  }

  return (dialect: Dialect, { method, originalUrl, raw }: FastifyRequest): Promise<GateReply> => {
    const told: Told = { method, url: originalUrl, headers: raw.headersDistinct }
    const call = gatewayCall(raw, door)
    const question = () => {
      const peer = raw.socket.remoteAddress
      if (!needs.isTrustedProxy(peer)) return stranger(peer)
      const why = refusedHeader(pairs(raw.rawHeaders))
      return why === undefined ? questionOf(needs, dialect, told) : refused('HEADER_REFUSED', why)
    }
    const { name } = dialect
    const startedAt = performance.now()
    const reply = needs.tracing.run(door, name, call, () => gateFor(told)(call, name, question))
    const now = needs.now()
    return Promise.resolve(withinDeadline(reply, now + limits.deadlineMs, now))
      .catch((): GateReply => {
        needs.metrics.request(door, name, 'DEADLINE')
        return { allowed: false, code: 'DEADLINE', status: 503, decision_id: needs.newId() }
      })
      .finally(() => needs.metrics.decided(door, name, (performance.now() - startedAt) / 1000))
  }
}

function questionOf(needs: ForwardAuthNeeds, dialect: Dialect, told: Told): GateRequest | RefusedQuestion {
  const asked = dialect.read(told)
  if ('unclear' in asked) return refused('REQUEST_REFUSED', asked.unclear)
  const [tenant = '', ...others] = tenantOf(told)
  if (others.length > 0) return refused('REQUEST_REFUSED', 'several x-vouchsafe-tenant')
  const tokens = clientTokens(told.headers.authorization ?? [])
  // In the place of a token: beside one, neither is believed.
  const claims = needs.testHeaders && namesTestIdentity(told) ? [...tokens, 'test headers'] : tokens
  return { ...asked, tokens: claims, tenant }
}

function tenantOf({ headers }: Told): readonly string[] {
  return headers['x-vouchsafe-tenant'] ?? []
}

function refused(code: string, detail: string, status = 400): RefusedQuestion {
  return { refused: { code, status, detail } }
}

function say(needs: ForwardAuthNeeds, dialect: Dialect, said: GateReply, reply: FastifyReply): FastifyReply {
  const { code, decision_id, detail } = said
  if (detail !== undefined)
    needs.log.debug({ door, dialect: dialect.name, code, decision_id, detail }, 'request refused')
  if (said.allowed) {
    const identity = identityOf(said)
    reply.headers(Object.fromEntries(dialect.removes ? setAndRemoved(identity) : copiedHeaders(identity)))
    return reply.code(200).send()
  }
  const { status, headers, body } = deniedResponse(said, needs.upgradeUrl)
  if (dialect.keepsHeaders) reply.header('x-vouchsafe-reason', code)
  const shown = dialect.twoStatuses && status !== 401 ? 403 : status
  return reply.code(shown).headers(Object.fromEntries(headers)).send(body)
}

function* pairs(raw: readonly string[]): Iterable<readonly [string, string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at] as string, raw[at + 1] as string]
}
