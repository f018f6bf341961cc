import type { Command, WriteScope } from '#admin/command.ts'
import { stripeAccountId } from '#admin/stripe/account-id.ts'
import type { Tx } from '#postgres/pool.ts'
import { markNow } from './mark-customers.ts'

export type ReplayInput = {
  /** By key; empty: the tenant's only one. */
  readonly account: string
  readonly events: readonly string[]
  readonly customers: readonly string[]
  /** All that were given up. */
  readonly dead: boolean
}

export type Replayed = {
  readonly marked: number
  /** Events that are not in the inbox. */
  readonly unknown: readonly string[]
}

/**
 * Marks again: whom events were about, customers, or all that were given up. They are fetched as any other; a mark that
 * waits for its next try has it now.
 */
export const replay: Command<ReplayInput, Replayed, WriteScope> = async (tx, scope, input) => {
  const account = await stripeAccountId(tx, scope.tenant, input.account)
  const at = new Date(scope.now)
  const found = await tx<{ event_id: string; marks: string | null }[]>`
    update vouchsafe.stripe_events set received_via = 'replay', revision = null,
      processed_at = case when marks is null then processed_at end,
      status = case when marks is null then 'ignored' else 'received' end
    where tenant_id = ${scope.tenant} and account_id = ${account} and event_id = any(${input.events as string[]}::text[])
    returning event_id, marks`
  const dead = input.dead ? await givenUp(tx, scope.tenant, account) : []
  const marks = found.map((event) => event.marks).filter((object) => object !== null)
  const objects = [...new Set([...marks, ...input.customers, ...dead])]
  await markNow(tx, { tenant: scope.tenant, account }, objects, at)
  const known = new Set(found.map(({ event_id }) => event_id))
  return { marked: objects.length, unknown: input.events.filter((event) => !known.has(event)) }
}

async function givenUp(tx: Tx, tenant: string, account: string): Promise<readonly string[]> {
  const dead = await tx<{ object: string }[]>`
    select object from vouchsafe.stripe_marks
    where tenant_id = ${tenant} and account_id = ${account} and state = 'dead'`
  return dead.map(({ object }) => object)
}
