import type { DecisionEntry } from '#journal/decision-entry.ts'
import type { SecurityEvent } from '#journal/security-log.ts'
import type { Sink } from '#journal/sink.ts'
import type { Log } from '#observe/logger.ts'

export const noon = Date.UTC(2026, 10, 21, 12)

/** A sink in memory that can be told to fail or to hang. */
export function memorySink() {
  const state: { text: string; mode: 'good' | 'failing' | 'hanging'; writes: number; closed: boolean } = {
    text: '',
    mode: 'good',
    writes: 0,
    closed: false,
  }
  const sink: Sink = {
    async write(lines) {
      state.writes++
      if (state.mode === 'failing') throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      if (state.mode === 'hanging') await new Promise(() => undefined)
      state.text += lines
    },
    async close() {
      state.closed = true
    },
  }
  return { sink, state }
}

export function parts() {
  const counts: Record<string, number> = {}
  const lines: string[] = []
  const keep = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep }
  const add = (name: string, by: number): void => {
    counts[name] = (counts[name] ?? 0) + by
  }
  const metrics = {
    journalDropped: (journal: string, count: number) => add(`${journal} dropped`, count),
    journalWriteFailed: (journal: string) => add(`${journal} failed`, 1),
  }
  // The timer is out of the way: tests flush when they want to.
  return { counts, lines, log, metrics, intervalMs: 3_600_000, closeTimeoutMs: 20 }
}

export function entry(changes: Partial<DecisionEntry> = {}): DecisionEntry {
  return {
    decision_id: 'd1',
    at: noon,
    tenant: 't1',
    caller: 'c1',
    principal: 'sub_1',
    question: 'docs_paid',
    input: { question_id: 'q1', principal: { claims: { attributes: { email: 'a@b.example' } } } },
    result: { allowed: false, reasons: [{ code: 'NO_GRANT' }] },
    data_revision: '7',
    bundle_revision: 'b1',
    door: 'grpc',
    verb: 'Check',
    ...changes,
  }
}

export function event(changes: Partial<SecurityEvent> = {}): SecurityEvent {
  return {
    at: noon,
    kind: 'authorization_denied',
    reason: 'NO_GRANT',
    door: 'forward-auth',
    route: 'GET /export',
    tenant: 't1',
    caller: 'c1',
    principal: 'https://idp.example|alice@b.example',
    entitlement: 'export',
    decision_id: 'd1',
    ...changes,
  }
}

export function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
