import { newId } from '#postgres/uuid.ts'
import type { Command } from './command.ts'
import { findPerson } from './person.ts'

export type Reconciled = {
  readonly reconciled_at: string
  readonly changed: number
  /** How many grants of its own are live. */
  readonly live: number
  readonly billing_asked: boolean
}

/** What the payment provider was asked, and what came of it. */
export type Billing = { readonly asked: boolean; readonly changed: number }

/** Notes that a subject was brought in line with its subscriptions, and how it stands. Errors: NOT_FOUND. */
export function reconcileSubject(billing: Billing): Command<{ readonly subject: string }, Reconciled> {
  return async (tx, { tenant, actor, now }, input) => {
    const id = await findPerson(tx, tenant, { subject: input.subject })
    const at = new Date(now)
    const [grants] = await tx<{ live: number }[]>`
      select count(*)::integer as live from vouchsafe.grants
      where tenant_id = ${tenant} and subject_id = ${id} and effect <> 'deny' and revoked_at is null
        and starts_at <= ${at} and (ends_at is null or ends_at > ${at})`
    const done = { changed: billing.changed, live: grants?.live ?? 0, billing_asked: billing.asked }
    const row = { tenant_id: tenant, id: newId(now), subject_id: id, at, asked_by: actor, ...done }
    await tx`insert into vouchsafe.reconciliations ${tx(row)}`
    return { reconciled_at: at.toISOString(), ...done }
  }
}
