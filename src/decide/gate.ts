import { canonicalHost } from '#core/canonical-host.ts'
import { canonicalPath } from '#core/canonical-path.ts'
import type { MatchedRoute } from '#core/route.ts'
import { type Captured, capture, decide } from './check.ts'
import { questionsOf } from './gate-question.ts'
import type { Decided, Needs } from './needs.ts'
import type { Answer, Asker, Gate, GateAnswer, GateQuestion } from './verbs.ts'

/**
 * Whether a request may pass: its route, and what that needs of whoever asks. Everything that is not plainly allowed is
 * denied: a path that somebody may read otherwise, one of no route, a route that asks more than the caller holds.
 * Throws AppError NOT_READY or TENANT_MISMATCH.
 */
export function createGate(needs: Needs): Gate {
  // A request is answered before the next one is begun: one list serves them all.
  const asked: Decided[] = []
  const holding: Needs = { ...needs, record: (decided) => void asked.push(decided) }

  function ask(
    captured: Captured,
    asker: Asker | undefined,
    matched: MatchedRoute,
    { method, body_truncated }: GateQuestion,
  ): Said {
    const said = askRoute(holding, captured, asker, matched, method)
    // What is denied anyway keeps its own reason, and tells no more than it would of a whole body.
    if (!said.allowed || !body_truncated || matched.route.partial_body) return said
    return refused('BODY_TRUNCATED', 403, 'a body that the gateway sent a part of')
  }

  return (tenant, asker, question) => {
    const captured = capture(needs, tenant)
    const place = { data_revision: captured.data_revision, bundle_revision: captured.bundle.revision }
    const found = findRoutes(captured, question)
    if ('code' in found) return { ...found, ...place }
    if (found.length === 0) return { ...refused('ROUTE_UNKNOWN', 403), ...place }
    try {
      const answers = found.map((matched) => ({
        ...ask(captured, asker, matched, question),
        ...place,
        route: { id: matched.route.id, pattern: matched.route.pattern },
      }))
      const given = together(answers)
      recordGiven(needs, given, asked)
      return given
    } finally {
      asked.length = 0
    }
  }
}

/** Each route has to pass. Then all that was found counts, and what was decided says more than that anybody passes. */
function together(answers: readonly GateAnswer[]): GateAnswer {
  const [first] = answers
  if (answers.length === 1) return first as GateAnswer
  const denied = answers.find(({ allowed }) => !allowed)
  if (denied !== undefined) return denied
  const decided = answers.find(({ answer }) => answer !== undefined) ?? first
  return { ...(decided as GateAnswer), keys: [...new Set(answers.flatMap(({ keys }) => keys))] }
}

/** One request, one decision: the one that was given. What else had to be asked is a part of it, given to nobody. */
function recordGiven(needs: Needs, { answer }: GateAnswer, asked: readonly Decided[]): void {
  const decided = asked.find((each) => each.answer === answer)
  if (decided === undefined) return
  const parts = asked.length === 1 ? undefined : asked.filter((each) => each !== decided)
  needs.record(parts === undefined ? decided : { ...decided, parts })
}

type Said = Omit<GateAnswer, 'data_revision' | 'bundle_revision' | 'route'>

function refused(code: string, deny_as: number, detail?: string): Said {
  return { allowed: false, code, deny_as, keys: [], ...(detail !== undefined && { detail }) }
}

function findRoutes(captured: Captured, question: GateQuestion): readonly MatchedRoute[] | Said {
  const path = canonicalPath(question.target)
  if ('refused' in path) return refused('PATH_REFUSED', 400, path.refused)
  const host = canonicalHost(question.host)
  if (host === undefined) return refused('HOST_REFUSED', 400)
  // CONNECT asks for a tunnel to a host, not for a path.
  if (!/^[A-Z]{1,20}$/.test(question.method) || question.method === 'CONNECT') {
    return refused('METHOD_REFUSED', 400)
  }
  return captured.view.routes.match(question.method, host, path.path)
}

function askRoute(
  needs: Needs,
  captured: Captured,
  asker: Asker | undefined,
  { route, params }: MatchedRoute,
  method: string,
): Said {
  if (route.public) return { allowed: true, code: 'PUBLIC', deny_as: 0, keys: [] }
  if (asker === undefined) return refused('TOKEN_MISSING', 401)
  const questionOf = questionsOf(route.context, params)
  const at = { ...asker, route: `${method} ${route.pattern}` }
  const ask = (key: string) => decide(needs, captured, at, questionOf(key))

  const keys: string[] = []
  let decided: Answer | undefined
  for (const key of route.all_of) {
    decided = ask(key)
    if (!decided.allowed) return denied(decided, key)
    keys.push(key)
  }
  let first: Said | undefined
  for (const key of route.any_of) {
    decided = ask(key)
    if (decided.allowed) return passed(decided, [...keys, key])
    first ??= denied(decided, key)
  }
  if (first !== undefined) return first
  // A route that asks for nothing and is not public is no way through.
  return decided === undefined ? refused('ROUTE_UNKNOWN', 403) : passed(decided, keys)
}

function passed(answer: Answer, keys: readonly string[]): Said {
  return { allowed: true, code: answer.reasons[0]?.code ?? 'ALLOWED', deny_as: 0, keys, answer }
}

function denied(answer: Answer, key: string): Said {
  const code = answer.reasons[0]?.code ?? 'DENIED'
  return { allowed: false, code, deny_as: answer.deny_as || 403, keys: [key], answer }
}
