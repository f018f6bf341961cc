import type { Sql, Tx } from '#postgres/pool.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { Envelope } from './envelope.ts'

export type Via = 'push' | 'sweep' | 'replay'
export type Kept = 'stored' | 'duplicate'

export type Arrival = {
  /** The account's row. */
  readonly account: string
  readonly envelope: Envelope
  /** Who is to be fetched because of it; absent: nobody. */
  readonly marks: string | undefined
  readonly via: Via
}

/**
 * Writes the events of a tenant and marks whom the new ones are about, in one transaction. In the order given: of each,
 * whether it is new; of one that is given twice only the first. No history is written, and nobody's head is locked.
 */
export async function keepEvents(
  sql: Sql,
  tenant: string,
  arrivals: readonly Arrival[],
): Promise<readonly Kept[]> {
  const scope = { tenant, actor: 'stripe', action: 'ReceiveStripeEvents' }
  const { result: fresh } = await withTenant(sql, scope, async (tx) => {
    const stored = await insert(tx, tenant, arrivals)
    await mark(tx, stored)
    return new Set(stored.map(({ account_id, event_id }) => keyOf(account_id, event_id)))
  })
  return arrivals.map(({ account, envelope }) =>
    fresh.delete(keyOf(account, envelope.id)) ? 'stored' : 'duplicate',
  )
}

type Stored = { readonly account_id: string; readonly event_id: string; readonly marks: string | null }

async function insert(tx: Tx, tenant: string, arrivals: readonly Arrival[]): Promise<readonly Stored[]> {
  const column = <T>(value: (arrival: Arrival) => T) => arrivals.map(value)
  // In the order of the key, as any other node inserts them: two that wait for each other would both have to begin again.
  return tx<Stored[]>`
    insert into vouchsafe.stripe_events (tenant_id, account_id, event_id, type, api_version, created, object_id, customer,
      marks, status, received_at, received_via, processed_at)
    select ${tenant}, account, event, type, version, to_timestamp(created / 1000.0), object, customer,
      marks, case when marks is null then 'ignored' else 'received' end, date_trunc('milliseconds', now()), via,
      case when marks is null then date_trunc('milliseconds', now()) end
    from unnest(
      ${column(({ account }) => account)}::uuid[],
      ${column(({ envelope }) => envelope.id)}::text[],
      ${column(({ envelope }) => envelope.type)}::text[],
      ${column(({ envelope }) => envelope.api_version ?? null)}::text[],
      ${column(({ envelope }) => envelope.created)}::bigint[],
      ${column(({ envelope }) => envelope.object_id ?? null)}::text[],
      ${column(({ envelope }) => envelope.customer ?? null)}::text[],
      ${column(({ marks }) => marks ?? null)}::text[],
      ${column(({ via }) => via)}::text[]
    ) with ordinality as e (account, event, type, version, created, object, customer, marks, via, place)
    order by account, event, place
    on conflict (tenant_id, account_id, event_id) do nothing
    returning account_id, event_id, marks`
}

/** One mark for all events of a customer; a repeat marks nothing. */
async function mark(tx: Tx, stored: readonly Stored[]): Promise<void> {
  const marked = stored.filter(({ marks }) => marks !== null)
  if (marked.length === 0) return
  await tx`
    select vouchsafe.mark_stripe(account, object, date_trunc('milliseconds', now())) from (
      select distinct account, object
      from unnest(${marked.map((each) => each.account_id)}::uuid[], ${marked.map((each) => each.marks)}::text[]) as m (account, object)
      order by account, object
    ) ordered`
}

function keyOf(account: string, event: string): string {
  return `${account} ${event}`
}
