// Who waits to be fetched, and who works at it. No change of the tenant's history: what a mark leads to is one.
import type { Sql, Tx } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from './account.ts'
import { longestFrom, longestMs } from './backoff.ts'
import { type Lease, leaseMs } from './lease.ts'

export type MarkState = 'waiting' | 'unbound' | 'dead'

/** So many failures that were not Stripe's being away, and an operator has to look. */
const mostAttempts = 20

/** Those of the accounts where something is due. `now` in ms. */
export async function dueAccounts(
  sql: Sql,
  accounts: readonly StripeAccount[],
  now: number,
): Promise<ReadonlySet<string>> {
  if (accounts.length === 0) return new Set()
  const due = await readFeed(
    sql,
    (tx) => tx<{ id: string }[]>`
      select a.id from unnest(${accounts.map(({ tenant }) => tenant)}::uuid[], ${accounts.map(({ id }) => id)}::uuid[]) a (tenant_id, id)
      where exists (select from vouchsafe.stripe_marks m
        where m.tenant_id = a.tenant_id and m.account_id = a.id and ${isDue(tx, now)})`,
  )
  return new Set(due.map(({ id }) => id))
}

/** Takes up to `count` marks of the account, the longest due first; or the one of an object, due or not. */
export async function leaseMarks(
  sql: Sql,
  account: StripeAccount,
  now: number,
  which: number | string,
): Promise<readonly Lease[]> {
  const { result } = await withTenant(
    sql,
    { tenant: account.tenant, actor: 'stripe', action: 'LeaseStripeMarks' },
    (tx) => tx<Taken[]>`
      update vouchsafe.stripe_marks m
      set lease_token = gen_random_uuid(), lease_until = ${new Date(now + leaseMs)}
      where m.tenant_id = ${account.tenant} and m.account_id = ${account.id} and m.object = any(array(
        select m.object from vouchsafe.stripe_marks m
        where m.tenant_id = ${account.tenant} and m.account_id = ${account.id}
          ${typeof which === 'string' ? tx`and m.object = ${which} and ${isFree(tx, now)}` : tx`and ${isDue(tx, now)}`}
        order by m.due_at, m.object limit ${typeof which === 'string' ? 1 : which} for update skip locked))
      returning m.object, m.generation, m.attempts, m.lease_token as token, m.since,
        (select e.event_id from vouchsafe.stripe_events e where e.tenant_id = m.tenant_id and e.account_id = m.account_id
           and e.marks = m.object and e.status = 'received'
         order by e.created desc, e.event_id desc limit 1) as cause,
        exists (select from vouchsafe.price_mappings p where p.tenant_id = m.tenant_id and p.match = 'feature') as features`,
  )
  return result.map(({ cause, ...taken }) => ({
    ...taken,
    account,
    at: now,
    ...(cause !== null && { cause }),
  }))
}

/** Says that this process still works at it; false where somebody else does. */
export async function extendLease(sql: Sql, lease: Lease, now: number): Promise<boolean> {
  return (await update(sql, lease, (tx) => tx`lease_until = ${new Date(now + leaseMs)}`)) !== undefined
}

/** Has those tried now who wait longer than anybody is made to: the clock was put back since. */
export async function recallFarOff(sql: Sql, { tenant, id }: StripeAccount, now: number): Promise<void> {
  await withTenant(
    sql,
    { tenant, actor: 'stripe', action: 'RecallStripeMarks' },
    (tx) => tx`
      update vouchsafe.stripe_marks set due_at = ${new Date(now)}
      where tenant_id = ${tenant} and account_id = ${id} and state = 'waiting'
        and due_at > ${new Date(now + longestWaitMs + apartMs)}`,
  )
}

/** Gives it back untried: the next may take it at once. */
export async function releaseLease(sql: Sql, lease: Lease): Promise<void> {
  await update(sql, lease, (tx) => tx`lease_token = null, lease_until = null`)
}

export type Failed = {
  /** Stripe was away or asked for patience: that alone never makes a mark dead. */
  readonly away: boolean
  /** Failures in a row, with this one. */
  readonly attempts: number
  /** For the operator. */
  readonly error: string
  /** ms. */
  readonly due_at: number
}

/**
 * Gives it back for another try later, or for an operator; what was marked meanwhile keeps it alive. Answers what it
 * waits for then; undefined where somebody else has it.
 */
export async function failMark(
  sql: Sql,
  lease: Lease,
  { away, attempts: counted, error, due_at }: Failed,
): Promise<MarkState | undefined> {
  // An outage counts only as far as the longest pause, so that one refusal after it is still one of the first.
  const attempts = away ? Math.max(lease.attempts, Math.min(counted, longestFrom)) : counted
  const exhausted = !away && attempts >= mostAttempts
  return update(
    sql,
    lease,
    (tx) => tx`lease_token = null, lease_until = null, attempts = ${attempts}, error = ${error.slice(0, 500)},
      due_at = ${new Date(due_at)},
      state = case when ${exhausted} and generation = ${lease.generation} then 'dead' else state end`,
  )
}

type Taken = Omit<Lease, 'account' | 'at' | 'cause'> & { readonly cause: string | null }

/** Marks are dated by the database, whose time this process knows only about. */
const slackMs = 250

/** What Stripe asks for at most, with ours on top. */
const longestWaitMs = 3_600_000 + longestMs
/** Further apart no two processes' clocks are. */
const apartMs = 60_000

function isDue(tx: Tx, now: number) {
  return tx`m.state = 'waiting' and m.due_at <= ${new Date(now + slackMs)} and ${isFree(tx, now)}`
}

// What lies further ahead than anybody sets it was set before the clock was put back.
function isFree(tx: Tx, now: number) {
  return tx`(m.lease_until is null or m.lease_until <= ${new Date(now)}
    or m.lease_until > ${new Date(now + leaseMs + apartMs)})`
}

/** Only while the lease is this one. */
async function update(
  sql: Sql,
  { account, object, token }: Lease,
  set: (tx: Tx) => unknown,
): Promise<MarkState | undefined> {
  const { result } = await withTenant(
    sql,
    { tenant: account.tenant, actor: 'stripe', action: 'KeepStripeMark' },
    async (tx) => {
      const [kept] = await tx<{ state: MarkState }[]>`
        update vouchsafe.stripe_marks set ${set(tx) as never}
        where tenant_id = ${account.tenant} and account_id = ${account.id} and object = ${object} and lease_token = ${token}
        returning state`
      return kept?.state
    },
  )
  return result
}
