import type { Catalogue } from '#core/catalogue.ts'
import { capture, decide } from './check.ts'
import { gatherAll } from './gather-all.ts'
import type { Needs } from './needs.ts'
import type { Asker, Question, QuestionContext } from './verbs.ts'

export type Answered<Asked> = {
  /** Those to which the answer is yes, in their order. */
  readonly allowed: readonly Asked[]
  readonly data_revision: string
  readonly bundle_revision: string
  /** ms */
  readonly at: number
}

/** Questions of one organization and module, made from the catalogue that they are answered by. */
export type Candidates<Asked extends Question> = (catalogue: Catalogue) => readonly Asked[]

/**
 * Says to which of many questions about one principal Check says yes: the same evaluation, question by question, all of
 * one revision. `at`: the clock's, ms; default now.
 */
export type Which = <Asked extends Question>(
  asker: Asker,
  context: QuestionContext,
  candidates: Candidates<Asked>,
  at?: number,
) => Promise<Answered<Asked>>

/** Questions answered before other work may run: about a millisecond's worth. */
const chunk = 24

export function createWhich(needs: Needs): Which {
  const quiet: Needs = { ...needs, record: () => undefined }
  return async (asker, context, candidates, at) => {
    const present = capture(needs, asker.principal.tenant)
    const then = { ...present, now: at ?? present.now }
    const captured = gatherAll(then, asker.principal, context)
    const allowed = []
    let asked = 0
    for (const question of candidates(captured.catalogue)) {
      if (++asked % chunk === 0) await needs.breathe()
      if (decide(quiet, captured, asker, question).allowed) allowed.push(question)
    }
    const { data_revision, bundle, now } = captured
    return { allowed, data_revision, bundle_revision: bundle.revision, at: now }
  }
}
