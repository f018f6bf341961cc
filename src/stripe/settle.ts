import { holdTenant } from '#postgres/hold-tenant.ts'
import type { Tx } from '#postgres/pool.ts'
import { type Lease, LeaseLost } from './lease.ts'

export type Settled = {
  /** When the events that it settled had been received, ms; without those that were replayed, which were settled once. */
  readonly received: readonly number[]
}

type Outcome = {
  /** What becomes of the mark, unless it was marked again meanwhile: gone; or kept for somebody to bind the customer;
   * or kept under its lease, for something is to be done at Stripe still. */
  readonly mark: 'done' | 'unbound' | 'held'
  /** ms. */
  readonly now: number
}

/**
 * Settles the events that what was fetched covers, and the mark, in the transaction of the effects. Call it last: the
 * row locks of the rights come before the mark's. Throws LeaseLost where another worker has the mark meanwhile: an
 * older fetch never overwrites a newer one.
 */
export async function settle(tx: Tx, lease: Lease, { mark, now }: Outcome): Promise<Settled> {
  const isSame = await fence(tx, lease)
  const received =
    mark === 'unbound'
      ? []
      : await tx<{ received_at: number; received_via: string }[]>`
          update vouchsafe.stripe_events e
          set status = 'processed', processed_at = ${new Date(now)}, revision = ${await revisionToCome(tx, lease)}
          where ${waiting(tx, lease)} and (${isSame} or e.received_at <= ${new Date(lease.at)})
          returning e.received_at, e.received_via`
  if (mark !== 'held') await giveBack(tx, lease, { isSame, mark, now })
  const news = received.filter(({ received_via }) => received_via !== 'replay')
  return { received: news.map(({ received_at }) => received_at) }
}

/** Ends what was held: all is done at Stripe, too. */
export async function settleHeld(tx: Tx, lease: Lease, now: number): Promise<void> {
  await giveBack(tx, lease, { isSame: await fence(tx, lease), mark: 'done', now })
}

/** What was marked is this customer's: its events wait for that from now on. */
export async function settleMoved(tx: Tx, lease: Lease, customer: string, now: number): Promise<void> {
  const isSame = await fence(tx, lease)
  await tx`update vouchsafe.stripe_events e set marks = ${customer}, customer = coalesce(e.customer, ${customer})
    where ${waiting(tx, lease)}`
  await tx`select vouchsafe.mark_stripe(${lease.account.id}, ${customer}, ${new Date(lease.since)})`
  await giveBack(tx, lease, { isSame, mark: 'done', now })
}

/** Whether nothing was marked since the lease. The row stays locked. */
async function fence(tx: Tx, { account, object, token, generation }: Lease): Promise<boolean> {
  const [held] = await tx<{ generation: number }[]>`
    select generation from vouchsafe.stripe_marks
    where tenant_id = ${account.tenant} and account_id = ${account.id} and object = ${object} and lease_token = ${token}
    for update`
  if (!held) throw new LeaseLost(object)
  return held.generation === generation
}

type Given = Outcome & { readonly isSame: boolean }

async function giveBack(tx: Tx, { account, object }: Lease, { isSame, mark, now }: Given): Promise<void> {
  const it = tx`tenant_id = ${account.tenant} and account_id = ${account.id} and object = ${object}`
  if (isSame && mark === 'done') await tx`delete from vouchsafe.stripe_marks where ${it}`
  else
    await tx`
      update vouchsafe.stripe_marks set lease_token = null, lease_until = null, attempts = 0, error = null,
        state = ${isSame ? 'unbound' : 'waiting'}, since = ${new Date(now)}, due_at = ${new Date(now)}
      where ${it}`
}

function waiting(tx: Tx, { account, object }: Lease) {
  return tx`e.tenant_id = ${account.tenant} and e.account_id = ${account.id} and e.marks = ${object} and e.status = 'received'`
}

/** The revision that this transaction will be; null where it changed nothing. From here on the tenant's writers wait. */
async function revisionToCome(tx: Tx, { account }: Lease): Promise<number | null> {
  const [{ changes } = { changes: false }] = await tx<{ changes: boolean }[]>`
    select exists (select from vouchsafe.effects where tenant_id = ${account.tenant}
      and xid = pg_current_xact_id_if_assigned()) as changes`
  return changes ? (await holdTenant(tx, account.tenant)).revision + 1 : null
}
