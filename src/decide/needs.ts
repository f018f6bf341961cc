import type { InputDocument } from '#core/input.ts'
import type { Snapshot } from '#core/tenant-view.ts'
import type { ActiveBundle, Verdict } from '#core/verdict.ts'
import type { Answer, Asker, Question } from './verbs.ts'

/** One decision as it was made, for the journal and the metrics. */
export type Decided = {
  /** ms */
  readonly at: number
  readonly asker: Asker
  readonly question: Question
  readonly verdict: Verdict
  readonly answer: Answer
  /** Absent where the policy was not asked. */
  readonly input?: InputDocument
  /** What else the same request was asked on the way to this answer. Nobody was given those. */
  readonly parts?: readonly Decided[]
}

/** What the verbs need; main.ts hands it over. */
export type Needs = {
  readonly snapshot: Snapshot
  readonly bundle: () => ActiveBundle | undefined
  /** ms, corrected by the database's clock. */
  readonly now: () => number
  /** A new, unique id. */
  readonly newId: () => string
  /** Must not block or throw. */
  readonly record: (decided: Decided) => void
  /** Lets other work run: resolves in a later turn. */
  readonly breathe: () => Promise<void>
  /** Answers older than this are flagged. */
  readonly softStalenessMs: number
  /** Past this the entitlement's fail mode applies. */
  readonly hardStalenessMs: number
}
