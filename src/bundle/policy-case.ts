import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject } from '#core/json.ts'
import type { Evaluate, Verdict } from '#core/verdict.ts'

/** One tested decision: our tests, an author's tests, a bundle's own check and replay use the same form. */
export type PolicyCase = {
  readonly note: string
  /** The rule it is about, "grant" or "team/rule". */
  readonly rule: string
  /** Without the rule, the policy answers otherwise. */
  readonly flips?: boolean
  /** Its input breaks the contract on purpose. */
  readonly odd?: boolean
  readonly input: JsonObject
  readonly want: Wanted
}

/** Keys left out may be anything. A text among reasons, fix or obligations stands for its code, action or id. */
export type Wanted = {
  readonly allowed: boolean
  readonly reasons?: readonly (string | JsonObject)[]
  readonly value?: Json
  readonly expires_at?: number
  readonly deny_as?: number
  readonly fix?: readonly (string | JsonObject)[]
  readonly obligations?: readonly (string | JsonObject)[]
  readonly evidence?: readonly JsonObject[]
  /** Keys the verdict must not have. */
  readonly absent?: readonly ('value' | 'expires_at' | 'deny_as' | 'evidence')[]
}

/** One line for each case that is answered otherwise. */
export function runCases(evaluate: Evaluate, cases: readonly PolicyCase[]): string[] {
  return cases.flatMap((policyCase) => {
    const questionId = String(policyCase.input.question_id)
    const verdict = evaluate(JSON.stringify(policyCase.input), questionId)
    const difference = differs(verdict, policyCase.want)
    return difference === undefined ? [] : [`${policyCase.rule}: ${policyCase.note}: ${difference}`]
  })
}

/** Undefined where the verdict is as wanted, else what is not. */
export function differs(verdict: Verdict, want: Wanted): string | undefined {
  const { absent = [], ...wanted } = want
  for (const key of absent) if (verdict[key] !== undefined) return `${key} is ${JSON.stringify(verdict[key])}`
  for (const [key, value] of Object.entries(wanted)) {
    const got = verdict[key as keyof Verdict]
    if (!same(got, value)) return `${key} is ${JSON.stringify(got)}, wanted ${JSON.stringify(value)}`
  }
  return undefined
}

function same(got: unknown, wanted: unknown): boolean {
  if (!Array.isArray(got) || !Array.isArray(wanted)) return isDeepStrictEqual(got, wanted)
  return got.length === wanted.length && wanted.every((item, i) => isItem(got[i], item))
}

function isItem(got: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'string' || typeof got !== 'object' || got === null)
    return isDeepStrictEqual(got, wanted)
  const { code, action, id } = got as Readonly<Record<string, unknown>>
  return (code ?? action ?? id) === wanted
}
