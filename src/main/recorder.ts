import { join } from 'node:path'
import type { Config } from '#config'
import type { Decided } from '#decide/needs.ts'
import type { DecisionEntry, DecisionPart } from '#journal/decision-entry.ts'
import { createDecisionJournal } from '#journal/decision-journal.ts'
import { denialKind } from '#journal/denial-kind.ts'
import { createFileSink } from '#journal/file-sink.ts'
import { type DenialFilter, type Denials, readDenials } from '#journal/read-denials.ts'
import { createSecurityLog, type SecurityLog } from '#journal/security-log.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'

type Needs = {
  readonly config: Pick<Config, 'journal' | 'journalSample' | 'journalMask' | 'data'>
  readonly log: Log
  readonly metrics: Metrics
}

export type Recorder = {
  /** Counts a decision and journals it where wanted. Never throws, never waits. */
  readonly record: (decided: Decided) => void
  readonly security: SecurityLog
  /** Denials of a tenant out of the decision journal; undefined where there is none. */
  readonly denials: ((filter: DenialFilter, limit: number, after?: string) => Promise<Denials>) | undefined
  readonly close: () => Promise<void>
}

/** The decision journal and the security log, each a file of JSON lines. */
export function createRecorder({ config, log, metrics }: Needs): Recorder {
  const security = createSecurityLog({
    sink: createFileSink({ path: join(config.data, 'security.jsonl') }),
    log,
    metrics,
  })
  const journal =
    config.journal === 'off'
      ? undefined
      : createDecisionJournal({
          sink: createFileSink({ path: config.journal }),
          log,
          metrics,
          sampleShare: config.journalSample,
          maskedNames: config.journalMask ?? [],
        })
  const count = (decided: Decided) => {
    metrics.asked(countedAs(decided), decided.answer.allowed)
    metrics.evaluated(outcomeOf(decided))
  }
  return {
    record(decided) {
      const { answer, asker, question, parts } = decided
      count(decided)
      parts?.forEach(count)
      if (!answer.allowed) metrics.denied(answer.reasons[0]?.code ?? 'NONE')
      if (journal?.wants(answer, parts?.map(answered))) journal.push(entryOf(decided))
      if (answer.allowed) return
      security.push({
        at: decided.at,
        kind: 'authorization_denied',
        reason: answer.reasons[0]?.code ?? 'NONE',
        door: asker.door ?? 'internal',
        route: asker.route ?? asker.verb ?? 'Check',
        tenant: asker.principal.tenant,
        caller: asker.caller.id,
        principal: asker.principal.id,
        entitlement: question.entitlement,
        decision_id: answer.decision_id,
        ...(asker.trace_id !== undefined && { trace_id: asker.trace_id }),
      })
    },
    security,
    denials:
      journal &&
      (async (filter, limit, after) => {
        await journal.flush()
        return readDenials(config.journal, filter, limit, after)
      }),
    close: async () => {
      await Promise.all([journal?.close(), security.close()])
    },
  }
}

/** The entitlement; for a resource its kind, since callers name surfaces as they like; nothing they made up. */
function countedAs({ question, input, answer }: Decided): string {
  if (input === undefined && answer.fallback === undefined) return 'unknown'
  return question.resource?.kind ?? question.entitlement
}

function outcomeOf({ input, verdict }: Decided): string {
  const code = verdict.reasons[0]?.code ?? ''
  if (code.startsWith('POLICY_')) return code
  return input === undefined ? 'skipped' : 'ok'
}

function answered({ answer }: Decided) {
  return answer
}

function entryOf(decided: Decided): DecisionEntry {
  const { at, asker, question, answer, parts } = decided
  return {
    ...partOf(decided),
    at,
    tenant: asker.principal.tenant,
    caller: asker.caller.id,
    principal: asker.principal.id,
    ...(!answer.allowed && { kind: denialKind(question.resource?.kind, question.entitlement) }),
    data_revision: answer.data_revision,
    bundle_revision: answer.bundle_revision,
    door: asker.door ?? 'internal',
    verb: asker.verb ?? 'Check',
    ...(asker.route !== undefined && { route: asker.route }),
    ...(asker.trace_id !== undefined && { trace_id: asker.trace_id }),
    ...(parts !== undefined && { parts: parts.map(partOf) }),
  }
}

function partOf({ question: { resource, entitlement }, verdict, answer, input }: Decided): DecisionPart {
  return {
    decision_id: answer.decision_id,
    question: resource ? `${resource.kind}:${resource.id} ${entitlement}` : entitlement,
    input: input ?? {},
    result: {
      allowed: answer.allowed,
      reasons: verdict.reasons,
      ...(answer.value !== undefined && { value: answer.value }),
      ...(answer.fallback !== undefined && { fallback: answer.fallback }),
    },
  }
}
