import { fromJson, toJson } from '@bufbuild/protobuf'
import { CheckRequestSchema, CheckResponseSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { evaluationOf, inputOf } from './bodies.ts'
import { hides, silentOnAllowed } from './differences.ts'
import type { Ask, Door, Place, Told } from './door.ts'
import { messageOf, toldBy } from './message-of.ts'
import { postJson } from './post-json.ts'

/** Connect's JSON, the path of REST, AuthZEN and the document of OPA's clients. */
export function httpDoors(place: Place): readonly Door[] {
  const post = (path: string, body: unknown) => postJson(place, path, body)
  const json = (ask: Ask) => toJson(CheckRequestSchema, messageOf(ask))

  async function evaluations(ask: Ask): Promise<Told> {
    const body = evaluationOf(ask)
    const reply = await post('/access/v1/evaluations', { ...body, evaluations: [{}, body] })
    const [first, second] = reply.body.evaluations.map(decisionTold)
    if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('one request, two answers')
    return first
  }

  return [
    {
      name: 'Connect JSON Check',
      differs: [],
      async ask(ask) {
        const reply = await post('/vouchsafe.v1.DecisionService/Check', json(ask))
        return toldBy(fromJson(CheckResponseSchema, reply.body))
      },
    },
    {
      name: 'REST /v1/access',
      differs: [silentOnAllowed, hides],
      async ask(ask) {
        const { status, body } = await post('/v1/access', json(ask))
        return { allowed: body.allowed === true, reasons: body.reasons ?? [], status }
      },
    },
    {
      name: 'AuthZEN evaluation',
      differs: [hides],
      ask: async (ask) => decisionTold((await post('/access/v1/evaluation', evaluationOf(ask))).body),
    },
    { name: 'AuthZEN evaluations', differs: [hides], ask: evaluations },
    {
      name: 'OPA /v1/data/vouchsafe/check',
      differs: [],
      async ask(ask) {
        const { body } = await post('/v1/data/vouchsafe/check', { input: inputOf(ask) })
        const { allow, reasons, deny_as, tier } = body.result
        return {
          allowed: allow,
          reasons: codes(reasons),
          status: allow ? 200 : deny_as,
          ...(tier && { tier }),
        }
      },
    },
  ]
}

type Decision = {
  readonly decision: boolean
  readonly context: {
    readonly deny_as?: number
    readonly reasons?: readonly { readonly code: string }[]
    readonly tier?: string
  }
}

function decisionTold({ decision, context }: Decision): Told {
  return {
    allowed: decision,
    reasons: codes(context.reasons ?? []),
    status: decision ? 200 : (context.deny_as ?? 0),
    ...(context.tier && { tier: context.tier }),
  }
}

function codes(reasons: readonly { readonly code: string }[]): string[] {
  return reasons.map(({ code }) => code)
}
