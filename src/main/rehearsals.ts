import type { ProductQuestion } from '#admin/command.ts'
import type { Answered } from '#admin/idempotent.ts'
import { AppError } from '#core/errors.ts'
import type { WhatIf } from '#core/what-if.ts'
import type { Needs as DecideNeeds } from '#decide/needs.ts'
import { createPreview } from '#decide/preview.ts'
import { createWhoHas } from '#decide/who-has.ts'
import { type Effect, effectsOf } from '#postgres/effects-of.ts'
import { headOf } from '#postgres/head-of.ts'
import { holdTenant } from '#postgres/hold-tenant.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import { rehearse } from '#postgres/rehearse.ts'

type Needs = DecideNeeds & {
  readonly sql: Sql
  readonly whatIf: (tenant: string, effects: readonly Effect[]) => Promise<WhatIf | undefined>
  /** How long to wait for the snapshot, ms. */
  readonly waitMs: number
}

type Place = { readonly epoch: string; readonly revision: number }

export type Rehearsals = {
  /** Does a write, takes it back, and says who would gain and lose by it. */
  readonly rehearse: <T>(tenant: string, work: (tx: Tx) => Promise<T>) => Promise<Answered<T>>
  /** As Scope's. */
  readonly whoHas: (tx: Tx, tenant: string, question: ProductQuestion) => AsyncIterable<string>
}

/** Puts what a transaction has changed, but not committed, before the rules. */
export function createRehearsals(needs: Needs): Rehearsals {
  const previewOf = createPreview(needs)
  const subjectsWith = createWhoHas(needs)
  // One after the other: each leaves questions a part of every millisecond, many at once would leave them none.
  let busy: Promise<unknown> = Promise.resolve()

  async function asOf(tenant: string, place: Place, effects: readonly Effect[]): Promise<WhatIf> {
    await needs.snapshot.wait(tenant, place.revision, needs.waitMs)
    const what = await needs.whatIf(tenant, effects)
    if (what?.before.epoch === place.epoch && what.before.revision >= place.revision) return what
    throw new AppError('NOT_FRESH_ENOUGH', 'The data did not become as fresh as needed in time.', { tenant })
  }

  return {
    async rehearse(tenant, work) {
      const { result, effects, revision } = await rehearse(needs.sql, tenant, work)
      const previewed = busy.then(async () => previewOf(await asOf(tenant, revision, effects)))
      busy = previewed.catch(() => undefined)
      return { result, revision, changed: false, preview: await previewed }
    },
    async *whoHas(tx, tenant, question) {
      // Everybody is asked before the tenant's writers have to wait; then again only who changed meanwhile.
      const news = { everybody: false, subjects: new Set<string>() }
      const stop = needs.snapshot.subscribe((change) => {
        if (change.tenant !== tenant) return
        news.everybody ||= change.tenant_wide
        for (const subject of change.subjects) news.subjects.add(subject)
      })
      try {
        const effects = await effectsOf(tx, tenant)
        const early: string[] = []
        const present = await asOf(tenant, await headOf(tx, tenant), effects)
        for await (const subject of subjectsWith(present, question)) early.push(subject)

        const settled = await asOf(tenant, await holdTenant(tx, tenant), effects)
        // What was applied is told in a later turn.
        await needs.breathe()
        if (news.everybody) yield* subjectsWith(settled, question)
        else {
          yield* early.filter((subject) => !news.subjects.has(subject))
          yield* subjectsWith(settled, question, news.subjects)
        }
      } finally {
        stop()
      }
    },
  }
}
