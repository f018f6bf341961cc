import type { Scope } from '#admin/command.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import type { Snapshot } from '#core/tenant-view.ts'
import { createCheck } from '#decide/check.ts'
import type { Answer, Question } from '#decide/verbs.ts'
import { createRehearsals } from '#main/rehearsals.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { activeBundle } from '#test/fixtures/active-bundle.ts'
import { must } from '#test/snapshot/picture.ts'
import type { Stand } from '#test/snapshot/stand.ts'

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The parts that a dry run is made of, over a snapshot, at a moment that stands still (ms). */
export async function rehearsing(
  stand: Stand,
  started: RunningSnapshot,
  now: number,
  breathe: () => Promise<void> = nextTurn,
) {
  const { snapshot, whatIf } = started
  const bundle = await activeBundle()
  let ids = 0
  const needs = {
    snapshot,
    bundle: () => bundle,
    now: () => now,
    newId: () => `d-${++ids}`,
    record: () => undefined,
    breathe,
    softStalenessMs: 5000,
    hardStalenessMs: 900_000,
    waitMs: 10_000,
  }
  const rehearsals = createRehearsals({ ...needs, sql: stand.sql, whatIf })
  const scopeOf = (tenant: string): Scope => ({
    tenant,
    actor: 'test',
    now,
    pageTokens: createPageTokens('a secret of the test, long enough'),
    whoHas: (tx, question) => rehearsals.whoHas(tx, tenant, question),
  })
  return { ...rehearsals, needs, scopeOf, ask: askerOf(snapshot, createCheck(needs)) }
}

function askerOf(snapshot: Snapshot, check: ReturnType<typeof createCheck>) {
  const caller = { id: 'c', name: 'test', kind: 'key', roles: ['service'] } as const
  const claims = { roles: [], entitlements: [], attributes: {} }
  /** Somebody's answer, as their rows tell. Undefined: there is no such subject, any more. */
  return (tenant: string, subject: string, question: Question): Answer | undefined => {
    const row = must(snapshot, tenant).subject(subject)
    if (!row || row.deleted) return undefined
    const principal = { tenant, subject, id: `sub_${subject}`, kind: row.kind, claims }
    return check({ caller, principal }, question)
  }
}
