import type { InputDocument } from '#core/input.ts'
import type { Verdict } from '#core/verdict.ts'
import type { BenchQuestion } from './questions.ts'

/** What the child that answers in its own process is told. */
export type InProcessJob =
  | {
      readonly kind: 'open'
      readonly databaseUrl: string
      readonly bundle: string
      readonly key: string
      readonly questions: readonly BenchQuestion[]
    }
  | { readonly kind: 'count'; readonly part: 'whole' | 'policy'; readonly countMs: number }

/** Each question's input document and what the policy said: the same go to OPA. */
export type Decision = { readonly input: InputDocument; readonly verdict: Verdict }

export type InProcessResult =
  | { readonly decisions: readonly (Decision | undefined)[] }
  | { readonly checks: number; readonly cpuMs: number; readonly wallMs: number }
export type InProcessReply = { readonly result: InProcessResult } | { readonly failure: string }
