import { AppError } from '#core/errors.ts'
import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import type { Envelope } from './envelope.ts'
import { type Arrival, type Kept, keepEvents, type Via } from './keep-events.ts'
import { markOf } from './mark-of.ts'

type Needs = {
  readonly sql: Sql
  /** Somebody is to be fetched. */
  readonly wake: () => void
  /** Events that may wait for their turn. Default 20 000. */
  readonly mostWaiting?: number
  /** How long a transaction may take, ms. Default 10 000. */
  readonly patienceMs?: number
}

export type Inbox = {
  /** Comes back when it is durable. Throws what the database throws, and NOT_READY where too many wait. */
  readonly receive: (account: StripeAccount, envelope: Envelope, via: Via) => Promise<Kept>
  /** Events that are not durable yet. */
  readonly underWay: () => number
}

type Waiting = {
  readonly arrival: Arrival
  readonly resolve: (kept: Kept) => void
  readonly reject: (reason: unknown) => void
}

const mostAtOnce = 500
/** Transactions under way, so that a storm leaves connections to the others. */
const lanes = 2

/**
 * Events become durable in groups: what arrives while a transaction is under way is written by the tenant's next one,
 * so that a storm costs few commits and a lone event waits for nobody.
 */
export function createInbox({ sql, wake, mostWaiting = 20_000, patienceMs = 10_000 }: Needs): Inbox {
  const waiting = new Map<string, Waiting[]>()
  const busy = new Set<string>()
  let count = 0
  let writing = 0

  function next(): void {
    for (const [tenant, queue] of waiting) {
      if (busy.size >= lanes) return
      if (busy.has(tenant)) continue
      const group = queue.splice(0, mostAtOnce)
      // Those of the tenant that are left queue up behind the other tenants.
      waiting.delete(tenant)
      if (queue.length > 0) waiting.set(tenant, queue)
      count -= group.length
      writing += group.length
      busy.add(tenant)
      void write(tenant, group).finally(() => {
        busy.delete(tenant)
        writing -= group.length
        next()
      })
    }
  }

  async function write(tenant: string, group: readonly Waiting[]): Promise<void> {
    try {
      const arrivals = group.map(({ arrival }) => arrival)
      const kept = await within(patienceMs, keepEvents(sql, tenant, arrivals))
      for (const [index, { resolve }] of group.entries()) resolve(kept[index] ?? 'duplicate')
      if (group.some(({ arrival }, index) => kept[index] === 'stored' && arrival.marks !== undefined)) wake()
    } catch (error) {
      if (group.length === 1 || isAway(error)) for (const { reject } of group) reject(error)
      // One that the database refuses fails alone.
      else for (const one of group) await write(tenant, [one])
    }
  }

  return {
    underWay: () => count + writing,
    receive: (account, envelope, via) =>
      new Promise((resolve, reject) => {
        if (count >= mostWaiting) {
          reject(new AppError('NOT_READY', 'Too many events wait to be written; send it again later.'))
          return
        }
        const queue = waiting.get(account.tenant) ?? []
        const arrival = { account: account.id, envelope, marks: markOf(envelope), via }
        queue.push({ arrival, resolve, reject })
        waiting.set(account.tenant, queue)
        count += 1
        next()
      }),
  }
}

/**
 * A connection that goes silent must not hold up a lane: whoever waits is told to send again. Where the transaction
 * comes through after all, that is a repeat.
 */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('DATABASE_UNAVAILABLE', 'The database does not answer.')),
      ms,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}

function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'DATABASE_UNAVAILABLE'
}
