import type { Json } from '#core/json.ts'

/** The documents that there are: the only paths that lead anywhere. */
export const documents = ['vouchsafe/check', 'vouchsafe/gateway'] as const

export type DataPath = {
  readonly document: (typeof documents)[number]
  /** What of the document is asked for: none, or `allow` and the like. */
  readonly rest: readonly string[]
}

/** The path as it was sent, undecoded. Looked up, never read as a query (CVE-2025-46569). Undefined: nothing is there. */
export function dataPath(path: string): DataPath | undefined {
  const document = documents.find((each) => path === each || path.startsWith(`${each}/`))
  if (document === undefined) return undefined
  return { document, rest: path === document ? [] : path.slice(document.length + 1).split('/') }
}

/** Undefined where a step leads nowhere. */
export function stepInto(value: Json | undefined, [step, ...rest]: readonly string[]): Json | undefined {
  if (step === undefined || value === undefined) return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
  // The length of a list is no member of it.
  if (Array.isArray(value) && !/^\d+$/.test(step)) return undefined
  return stepInto((value as Readonly<Record<string, Json>>)[step], rest)
}
