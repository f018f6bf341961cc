import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import { createAccountPauses } from './account-pauses.ts'
import type { StripeApi } from './api/create-api.ts'
import { holdLease } from './hold-lease.ts'
import { judgeFailure } from './judge-failure.ts'
import { type Lease, LeaseLost } from './lease.ts'
import { dueAccounts, failMark, leaseMarks, releaseLease } from './marks.ts'
import { type Synced, syncCustomer } from './sync-customer.ts'

type Write = (fields: object, message: string) => void

type Metrics = {
  readonly stripeSynced: (outcome: Synced['outcome'] | 'failed' | 'dead') => void
  /** From the receipt of an event to answers that reflect it. */
  readonly stripeApplied: (seconds: number) => void
}

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** The active ones, as far as they are known. */
  readonly accounts: () => readonly StripeAccount[]
  /** ms; the same for all processes: leases are compared with it. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly log: { readonly info: Write; readonly warn: Write; readonly error: Write }
  readonly metrics?: Metrics
  readonly committed?: (revision: RevisionToken) => void
  /** Resolves when this process answers by a revision; rejects where that takes too long. Default: at once. */
  readonly visible?: (revision: RevisionToken) => Promise<void>
  /**
   * Whether events queue up to be written. Then one customer is fetched at a time: whoever sends the events waits for an
   * answer, and a customer that still gets some would be fetched again. Default: never.
   */
  readonly crowded?: () => boolean
  /** Customers at once: of an account, and in this process. Default 8 and 32. */
  readonly perAccount?: number
  readonly atOnce?: number
  /** How often it looks without being woken, ms. Default 1000. */
  readonly pollMs?: number
  /** How long closing waits for what is in hand, ms. Default 3000. */
  readonly graceMs?: number
}

export type Worker = {
  /** Something was marked: look now. */
  readonly wake: () => void
  /** When nothing is in hand, and nothing is left that may be taken now. */
  readonly settled: () => Promise<void>
  /** Finishes what is in hand or gives it back. */
  readonly close: () => Promise<void>
}

/** Fetches and applies whoever is marked, several customers at once, never one of them twice at once. */
export function createWorker(needs: Needs): Worker {
  const { sql, now, log, metrics, committed } = needs
  const { crowded = () => false, perAccount = 8, atOnce = 32, pollMs = 1000, graceMs = 3000 } = needs
  const pauses = createAccountPauses(needs.random)
  const inHand = new Map<Lease, Promise<void>>()
  const state = { closed: false, again: false, turn: 0 }
  let looking: Promise<void> | undefined

  /** Takes what it may; one look at a time, and another one where it was woken meanwhile. */
  function look(): Promise<void> {
    state.again = true
    looking ??= lookAll().finally(() => {
      looking = undefined
    })
    return looking
  }

  async function lookAll(): Promise<void> {
    while (state.again && !state.closed) {
      state.again = false
      try {
        await take()
      } catch (err) {
        log.warn({ err }, 'the customers of Stripe that wait cannot be read')
      }
    }
  }

  async function take(): Promise<void> {
    const open = needs.accounts().filter((account) => free(account) > 0)
    const due = await dueAccounts(sql, open, now())
    const accounts = open.filter(({ id }) => due.has(id))
    // Whoever came first last time comes last, where not all get a place.
    const first = state.turn++ % Math.max(1, accounts.length)
    for (const [place, account] of [...accounts.slice(first), ...accounts.slice(0, first)].entries()) {
      const share = Math.ceil((most() - inHand.size) / (accounts.length - place))
      const count = Math.min(free(account), share)
      if (count <= 0 || state.closed) continue
      for (const lease of await leaseSome(account, count)) start(lease)
    }
  }

  /** What fails for one account is no reason for the others to wait. */
  async function leaseSome(account: StripeAccount, count: number): Promise<readonly Lease[]> {
    try {
      return await leaseMarks(sql, account, now(), count)
    } catch (err) {
      log.warn({ err, account: account.key }, 'the customers of an account that wait cannot be taken')
      return []
    }
  }

  function free({ id }: StripeAccount): number {
    const busy = [...inHand.keys()].filter(({ account }) => account.id === id).length
    return Math.min(pauses.atOnce(id, now(), perAccount) - busy, most() - inHand.size)
  }

  function most(): number {
    return crowded() ? 1 : atOnce
  }

  function start(lease: Lease): void {
    const letGo = holdLease(sql, lease, now)
    const work = workAt(lease).finally(() => {
      letGo()
      inHand.delete(lease)
      if (!state.closed) void look()
    })
    inHand.set(lease, work)
  }

  async function workAt(lease: Lease): Promise<void> {
    const { account, object } = lease
    try {
      const { outcome, received, alerts, revision } = await syncCustomer(
        { sql, api: needs.api, now, ...(committed && { committed }) },
        lease,
      )
      pauses.succeeded(account.id)
      metrics?.stripeSynced(outcome)
      if (received.length > 0) void countApplied(received, revision)
      for (const { code, about } of alerts) {
        log.warn(
          { code, about, account: account.key, customer: object },
          'something sold at Stripe gives no right',
        )
      }
    } catch (error) {
      await failed(lease, error).catch((err: unknown) => {
        // Its lease runs out by itself.
        log.warn({ err, account: account.key, customer: object }, 'a customer of Stripe cannot be given back')
      })
    }
  }

  /** One that is not to be seen in time counts as long as was waited for it. */
  async function countApplied(received: readonly number[], revision: RevisionToken): Promise<void> {
    await needs.visible?.(revision).catch(() => undefined)
    for (const at of received) metrics?.stripeApplied(Math.max(0, now() - at) / 1000)
  }

  async function failed(lease: Lease, err: unknown): Promise<void> {
    const { account, object } = lease
    if (err instanceof LeaseLost) return
    const at = now()
    const failure = judgeFailure(err, { attempts: lease.attempts, now: at, random: needs.random() })
    if (failure.stripe === 'away') pauses.failed(account.id, at, failure.retryAfterMs)
    if (failure.stripe === 'waits') pauses.wait(account.id, at, failure.retryAfterMs ?? 0)
    if (failure.stripe === 'answers') pauses.succeeded(account.id)
    const isDead = (await failMark(sql, lease, failure)) === 'dead'
    metrics?.stripeSynced(isDead ? 'dead' : 'failed')
    const fields = { err, account: account.key, customer: object, attempts: lease.attempts + 1 }
    if (isDead) log.error(fields, 'a customer of Stripe is given up until it is replayed or an event comes')
    else log.warn(fields, 'a customer of Stripe is tried again later')
  }

  const polling = setInterval(() => void look(), pollMs).unref()
  return {
    wake: () => void look(),
    async settled() {
      do {
        await look()
        await Promise.all(inHand.values())
      } while (inHand.size > 0 || looking !== undefined)
    },
    async close() {
      state.closed = true
      clearInterval(polling)
      await looking
      const late = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())
      await Promise.race([Promise.all(inHand.values()), late])
      // What comes of them later is refused: they do not hold their leases any more.
      await Promise.all([...inHand.keys()].map((lease) => releaseLease(sql, lease).catch(() => undefined)))
    },
  }
}
