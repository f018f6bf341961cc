import { AppError } from '#core/errors.ts'
import type { People } from '#core/people.ts'
import { type Captured, capture, decide } from './check.ts'
import { asking, principalOf } from './everyone.ts'
import { createFairQueue } from './fair-queue.ts'
import type { Needs as DecideNeeds } from './needs.ts'
import { revisionText } from './revision-text.ts'
import type { Question } from './verbs.ts'

type Needs = DecideNeeds & { readonly people: (tenant: string) => People | undefined }

export type Permitted = {
  /** Ids of the subjects, in their order. */
  readonly subjects: readonly string[]
  readonly data_revision: string
  readonly bundle_revision: string
  /** ms */
  readonly at: number
}

/**
 * The subjects of a tenant and a kind for whom Check says yes: the same evaluation, subject by subject, by what the rows
 * tell of each. All of one revision, whatever the feed does meanwhile. `at`: the clock's, ms; default now.
 * Throws AppError INVALID_FIELD where there are more than `mostSubjects`, LIMIT_EXCEEDED where too many searches wait,
 * NOT_READY where the data does not hold still.
 */
export type WhoMay = (
  tenant: string,
  kind: 'user' | 'service',
  question: Question,
  at?: number,
) => Promise<Permitted>

export const mostSubjects = 20_000
/** Questions answered before other work may run: about a millisecond's worth. */
const chunk = 24
const attempts = 3
/** Searches of one tenant, under way and waiting. */
export const mostWaiting = 16
/** Tenants that are searched at the same time: each search keeps what it has found so far. */
const mostTenants = 8
/** How often those who changed meanwhile are asked about again before all is begun anew. */
const rounds = 50

export function createWhoMay(needs: Needs): WhoMay {
  // By turns: each leaves questions a part of every millisecond, many at once would leave them none.
  let turn: Promise<void> = Promise.resolve()
  const breathe = () => {
    turn = turn.then(needs.breathe)
    return turn
  }
  const quiet: Needs = { ...needs, record: () => undefined, breathe }
  const queue = createFairQueue({ most: mostWaiting, atOnce: mostTenants })

  async function search(...[tenant, kind, question, at]: Parameters<WhoMay>): Promise<Permitted> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const found = await ask(quiet, tenant, kind, question, at)
      if (found !== undefined) return found
    }
    throw new AppError('NOT_READY', 'The data changed too often to search it: ask again.')
  }

  return async (...asked) => {
    const found = queue(asked[0], () => search(...asked))
    if (found === undefined) throw tooBusy()
    return found
  }
}

async function ask(
  needs: Needs,
  tenant: string,
  kind: 'user' | 'service',
  question: Question,
  at: number | undefined,
): Promise<Permitted | undefined> {
  const present = capture(needs, tenant)
  const captured: Captured = { ...present, now: at ?? present.now }
  const { view } = captured
  const people = needs.people(view.id)
  if (people === undefined || people.size > mostSubjects) throw tooMany()
  const news = { everybody: false, subjects: new Set<string>() }
  const stop = needs.snapshot.subscribe((change) => {
    if (change.tenant !== view.id) return
    news.everybody ||= change.tenant_wide
    for (const subject of change.subjects) news.subjects.add(subject)
  })
  const found = new Set<string>()
  const judge = (subject: string) => {
    const principal = principalOf(view, subject)
    const may =
      principal?.kind === kind && decide(needs, captured, { caller: asking, principal }, question).allowed
    if (may) found.add(subject)
    else found.delete(subject)
  }
  try {
    let asked = 0
    for (const subject of people.subjects()) {
      if (++asked % chunk === 0) await needs.breathe()
      judge(subject)
    }
    let seen = Number.NaN
    for (let round = 0; round < rounds; round++) {
      // What was applied is told in a later turn.
      await needs.breathe()
      if (news.everybody || needs.snapshot.tenant(view.id) !== view) return undefined
      if (news.subjects.size === 0 && view.revision === seen) {
        const { bundle, now } = captured
        const subjects = [...found].sort()
        return { subjects, data_revision: revisionText(view), bundle_revision: bundle.revision, at: now }
      }
      seen = view.revision
      for (const subject of news.subjects) judge(subject)
      news.subjects.clear()
    }
    return undefined
  } finally {
    stop()
  }
}

function tooMany(): AppError {
  const max = String(mostSubjects)
  const text = `A tenant of more than ${max} subjects is not searched for subjects.`
  return new AppError('INVALID_FIELD', text, { field: 'subject', rule: 'limit', max })
}

function tooBusy(): AppError {
  const max = String(mostWaiting)
  return new AppError('LIMIT_EXCEEDED', 'Too many searches of this tenant for subjects wait already.', {
    limit: 'searches',
    max,
  })
}
