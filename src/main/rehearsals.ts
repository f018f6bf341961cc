import type { ProductQuestion } from '#admin/command.ts'
import type { Answered } from '#admin/idempotent.ts'
import { AppError } from '#core/errors.ts'
import type { WhatIf } from '#core/what-if.ts'
import type { Needs as DecideNeeds } from '#decide/needs.ts'
import { createPreview } from '#decide/preview.ts'
import { createWhoHas } from '#decide/who-has.ts'
import { type Effect, effectsOf } from '#postgres/effects-of.ts'
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
  async function asOf(tenant: string, place: Place, effects: readonly Effect[]): Promise<WhatIf> {
    await needs.snapshot.wait(tenant, place.revision, needs.waitMs)
    const what = await needs.whatIf(tenant, effects)
    if (what?.before.epoch !== place.epoch || what.before.revision < place.revision)
      throw new AppError('NOT_FRESH_ENOUGH', 'The data did not become as fresh as needed in time.', {
        tenant,
      })
    return what
  }
  return {
    async rehearse(tenant, work) {
      const { result, effects, revision } = await rehearse(needs.sql, tenant, work)
      const preview = await previewOf(await asOf(tenant, revision, effects))
      return { result, revision, changed: false, preview }
    },
    async *whoHas(tx, tenant, question) {
      const place = await holdTenant(tx, tenant)
      yield* subjectsWith(await asOf(tenant, place, await effectsOf(tx, tenant)), question)
    },
  }
}
