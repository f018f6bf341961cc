import type { DecisionEntry } from './decision-entry.ts'
import { linesBackwards } from './lines-backwards.ts'

export type DenialFilter = {
  /** Only this tenant's: nothing of another is given. */
  readonly tenant: string
  readonly principal?: string
  readonly caller?: string
  readonly kind?: string
  /** ms; the end is not part of it. */
  readonly since?: number
  readonly until?: number
}

export type DeniedLine = Omit<DecisionEntry, 'at' | 'input'> & { readonly at: string }

export type Denials = {
  readonly denials: readonly DeniedLine[]
  /** Id of the last one, where there may be more. */
  readonly next?: string
  /** False where older lines were not read because there were too many. */
  readonly complete: boolean
}

/** One reading looks at so much of the journal at most. */
const mostBytes = 64 * 1024 * 1024
const mostFiles = 100
/** Lines are written in about the order of their times: so much they may be out of it. */
const disorderMs = 60_000

/** Denials out of a journal's file and those it was rotated to, newest first. `after`: goes on after this decision. */
export async function readDenials(
  path: string,
  filter: DenialFilter,
  limit: number,
  after?: string,
): Promise<Denials> {
  const budget = { bytes: mostBytes }
  const denials: DeniedLine[] = []
  let skipping = after !== undefined
  for await (const text of allLines(path, budget)) {
    const line = deniedLine(text, filter.tenant)
    if (line === undefined) continue
    if (skipping) {
      skipping = line.decision_id !== after
      continue
    }
    const at = Date.parse(line.at)
    if (filter.since !== undefined && at < filter.since - disorderMs) return { denials, complete: true }
    if (!fits(line, at, filter)) continue
    denials.push(line)
    if (denials.length === limit) return { denials, next: line.decision_id, complete: true }
  }
  return { denials, complete: budget.bytes > 0 }
}

async function* allLines(path: string, budget: { bytes: number }): AsyncGenerator<string> {
  for (let index = 0; index < mostFiles && budget.bytes > 0; index++) {
    yield* linesBackwards(index === 0 ? path : `${path}.${index}`, budget)
  }
}

/** Undefined for what is no denial of this tenant. */
function deniedLine(text: string, tenant: string): DeniedLine | undefined {
  // Most lines are another tenant's or allowed: not worth parsing.
  if (!text.includes(tenant) || !text.includes('"allowed":false')) return undefined
  try {
    const line = JSON.parse(text) as DeniedLine
    return line.tenant === tenant && line.result.allowed === false ? line : undefined
  } catch {
    return undefined
  }
}

function fits(line: DeniedLine, at: number, filter: DenialFilter): boolean {
  const { principal, caller, kind, since, until } = filter
  if (since !== undefined && at < since) return false
  if (until !== undefined && at >= until) return false
  if (principal !== undefined && line.principal !== principal) return false
  if (caller !== undefined && line.caller !== caller) return false
  return kind === undefined || (line.kind ?? 'DeniedEntitlement') === kind
}
