import { AppError } from '#core/errors.ts'
import type { Asker, Question } from '#decide/verbs.ts'
import type { Maybe } from '#rpc/maybe.ts'
import { type Decision, decisionOf, unaskableDecision } from './decision-of.ts'
import type { Asked } from './entities.ts'
import { asking, awaitDemanded, type Exchange, isRefusedToken } from './exchange.ts'
import type { AuthzenNeeds } from './parts.ts'
import { questionOf, type Unaskable } from './question-of.ts'

type Prepared =
  | { readonly asker: Asker; readonly question: Question }
  | Unaskable
  | { readonly error: unknown }

type Course = {
  /** After which decision the rest is superfluous. */
  readonly enough: (decision: Decision) => boolean
  /** What stands for a question without an answer. May throw it. */
  readonly failed: (error: unknown) => Decision
}

/**
 * Answers questions in their order, until one is `enough`. Waits for every token and freshness first, then decides without
 * yielding: the feed and a bundle's swap come between ticks only, so all answers are of one snapshot and one bundle.
 */
export async function evaluate(
  needs: AuthzenNeeds,
  exchange: Exchange,
  items: readonly (Asked | AppError)[],
  { enough, failed }: Course,
): Promise<readonly Decision[]> {
  const contexts = items.flatMap((item) => (item instanceof AppError ? [] : [item.context]))
  await awaitDemanded(needs, exchange, contexts)
  let prepared = items.map((item) => prepare(needs, exchange, item))
  if (prepared.some((each) => each instanceof Promise)) {
    const first = await Promise.all(prepared)
    prepared = first.map((each, n) => again(needs, exchange, each, items[n]))
  }
  const decisions: Decision[] = []
  for (const each of prepared as readonly Prepared[]) {
    const decision = decided(needs, exchange, each, failed)
    decisions.push(decision)
    if (enough(decision)) break
  }
  return decisions
}

/** Never rejects. */
function prepare(needs: AuthzenNeeds, exchange: Exchange, item: Asked | AppError): Maybe<Prepared> {
  if (item instanceof AppError) return { error: item }
  const refused = (error: unknown): Prepared =>
    isRefusedToken(error, item.subject) ? { unaskable: error.code } : { error }
  try {
    const question = questionOf(item)
    const asker = asking(needs, exchange, item.subject)
    if (asker === undefined) return { unaskable: 'SUBJECT_UNKNOWN' }
    if ('unaskable' in question) return question
    if (!(asker instanceof Promise)) return { asker, question }
    return asker.then((known): Prepared => ({ asker: known, question }), refused)
  } catch (error) {
    return refused(error)
  }
}

/**
 * What is known after all waiting: what one question waited for may be what takes back the token of another. A token that is
 * not remembered any more is not verified a second time.
 */
function again(
  needs: AuthzenNeeds,
  exchange: Exchange,
  before: Prepared,
  item: Asked | AppError | undefined,
): Prepared {
  if (!('asker' in before) || item === undefined) return before
  const now = prepare(needs, exchange, item)
  return now instanceof Promise ? before : now
}

function decided(
  needs: AuthzenNeeds,
  { details }: Exchange,
  each: Prepared,
  failed: Course['failed'],
): Decision {
  try {
    if ('error' in each) return failed(each.error)
    if ('unaskable' in each) return unaskableDecision(each.unaskable, details)
    const { accessRequestUrl } = needs.authzen
    const now = needs.decisionNow()
    return decisionOf(needs.verbs.check(each.asker, each.question), { accessRequestUrl, now })
  } catch (error) {
    return failed(error)
  }
}
