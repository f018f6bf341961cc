import type { Command } from './command.ts'
import { readId } from './ids.ts'
import { notFound } from './not-found.ts'

export type Erasure = {
  readonly erased_images: number
  readonly erased_headers: number
  readonly revoked_grants: number
  /** Columns ("table.column") in which a name of the person still stands. */
  readonly remaining: readonly string[]
}

/**
 * Takes a person out: what they held ends, their names and images go, and a row without a name stays behind so that
 * what refers to it still does. It cannot be undone. Errors: NOT_FOUND.
 */
export const eraseSubject: Command<{ readonly subject: string }, Erasure> = async (tx, scope, input) => {
  const { tenant, actor, now } = scope
  const id = readId('sub', input.subject)
  const at = new Date(now)
  const [row] = id
    ? await tx`select from vouchsafe.subjects where tenant_id = ${tenant} and id = ${id} for update`
    : []
  if (!id || !row) throw notFound('subject', input.subject)
  // It reads all of the tenant's history once.
  await tx`select set_config('statement_timeout', '10min', true)`
  const revoked = await tx`update vouchsafe.grants set revoked_at = ${at}, revoked_by = ${actor}
    where tenant_id = ${tenant} and subject_id = ${id} and revoked_at is null`
  await tx`update vouchsafe.seats set released_at = ${at}
    where tenant_id = ${tenant} and subject_id = ${id} and released_at is null`
  await tx`delete from vouchsafe.organization_members where tenant_id = ${tenant} and subject_id = ${id}`
  // A checkout's reference may name the person.
  await tx`delete from vouchsafe.stripe_states s using vouchsafe.stripe_customers c
    where c.tenant_id = ${tenant} and c.subject_id = ${id}
      and s.tenant_id = c.tenant_id and s.account_id = c.account_id and s.customer = c.customer`
  await tx`update vouchsafe.subjects set deleted_at = coalesce(deleted_at, ${at})
    where tenant_id = ${tenant} and id = ${id}`
  const [erased] = await tx<{ effects: number; headers: number; remaining: readonly string[] }[]>`
    select effects, headers, remaining from vouchsafe.erase_subject(${id})`
  return {
    erased_images: erased?.effects ?? 0,
    erased_headers: erased?.headers ?? 0,
    revoked_grants: revoked.count,
    remaining: erased?.remaining ?? [],
  }
}
