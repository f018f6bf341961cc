import { scrub } from '#observe/scrub.ts'
import { createBatchWriter, type WriterNeeds } from './batch-writer.ts'
import type { DecisionEntry, DecisionPart, DecisionResult } from './decision-entry.ts'
import { maskNames } from './mask.ts'

type Needs = Omit<WriterNeeds, 'name'> & {
  /** 0 to 1. Denials, admin overrides and fail modes are always kept; this is for the other allows. Default 0.01. */
  readonly sampleShare?: number
  /** Names of attributes whose values are masked wherever they stand in the input. */
  readonly maskedNames?: readonly string[]
  /** From 0 up to 1. Default Math.random. */
  readonly random?: () => number
}

type Judged = Pick<DecisionResult, 'allowed' | 'reasons' | 'fallback'>

export type DecisionJournal = {
  /** Whether this result is to be kept, with the parts of it. Ask first, then build the entry: most allows are not kept. */
  wants(result: Judged, parts?: readonly Judged[]): boolean
  /** Never throws, never waits. */
  push(entry: DecisionEntry): void
  flush(): Promise<void>
  close(): Promise<void>
}

/** Guesses where the input is an object: measuring it would cost as much as writing it. */
const objectBytes = 2048
const grantBytes = 384

export function createDecisionJournal(needs: Needs): DecisionJournal {
  const share = needs.sampleShare ?? 0.01
  const random = needs.random ?? Math.random
  const names = new Set(needs.maskedNames ?? [])
  const writer = createBatchWriter<DecisionEntry>({ ...needs, name: 'decisions' }, (entry) =>
    lineOf(entry, names),
  )
  return {
    wants(result, parts) {
      if (!result.allowed || isSpecial(result) || parts?.some(isSpecial)) return true
      return random() < share
    },
    push(entry) {
      const size = (part: DecisionPart) => 512 + sizeOf(part.input)
      writer.push(
        entry,
        (entry.parts ?? []).map(size).reduce((sum, each) => sum + each, size(entry)),
      )
    },
    flush: writer.flush,
    close: writer.close,
  }
}

/** Passed, but not by what somebody has. */
function isSpecial({ fallback, reasons }: Judged): boolean {
  return fallback !== undefined || reasons.some(({ code }) => code === 'ADMIN_OVERRIDE')
}

/** Roughly, in bytes. What may be very large of an input is its list of grants. */
function sizeOf(input: unknown): number {
  if (typeof input === 'string') return input.length
  const grants = (input as { readonly grants?: unknown } | null)?.grants
  return objectBytes + (Array.isArray(grants) ? grants.length * grantBytes : 0)
}

function lineOf(entry: DecisionEntry, names: ReadonlySet<string>): string {
  const masked: string[] = []
  const shown = ({ input: said }: DecisionPart, path: string) => {
    const input: unknown = typeof said === 'string' ? JSON.parse(said) : said
    return names.size === 0 ? input : maskNames(input, names, masked, path)
  }
  const line = {
    ...entry,
    at: new Date(entry.at).toISOString(),
    input: shown(entry, ''),
    parts: entry.parts?.map((part, index) => ({ ...part, input: shown(part, `/parts/${index}/input`) })),
  }
  return scrub(JSON.stringify(masked.length === 0 ? line : { ...line, masked }))
}
