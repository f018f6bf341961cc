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

/**
 * Brings a subject in line with its subscriptions and notes that it was asked for. No payment provider is asked yet:
 * what a subject holds is computed anew by every question, so there is nothing to change. Errors: NOT_FOUND.
 */
export const reconcileSubject: Command<{ readonly subject: string }, Reconciled> = async (
  tx,
  { tenant, actor, now },
  input,
) => {
  const id = await findPerson(tx, tenant, { subject: input.subject })
  const at = new Date(now)
  const [grants] = await tx<{ live: number }[]>`
    select count(*)::integer as live from vouchsafe.grants
    where tenant_id = ${tenant} and subject_id = ${id} and effect <> 'deny' and revoked_at is null
      and starts_at <= ${at} and (ends_at is null or ends_at > ${at})`
  const done = { changed: 0, live: grants?.live ?? 0, billing_asked: false }
  const row = { tenant_id: tenant, id: newId(now), subject_id: id, at, asked_by: actor, ...done }
  await tx`insert into vouchsafe.reconciliations ${tx(row)}`
  return { reconciled_at: at.toISOString(), ...done }
}
