import type { Sql } from '#postgres/pool.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from './account.ts'

/** What one process at a time does for an account. */
type Work = 'sweep' | 'reconcile' | 'import'

/** A process that does not say that it is still at it has lost its turn after so long, ms. */
const turnMs = 120_000
/** Further apart no two processes' clocks are: what lies further ahead was written before the clock was put back. */
const apartMs = 60_000

export type Turn = {
  /** When it was done last, ms; absent: never. */
  readonly last?: number
  /** Where a pass was that was cut off. */
  readonly after?: string
  /** Goes on, keeping what is given; false where another process has the turn. */
  readonly keep: (after?: string | null) => Promise<boolean>
  /** All of it was done, as of that moment (ms). */
  readonly done: (at: number) => Promise<void>
  /** Lets others have it. Nothing where it was done. */
  readonly release: () => Promise<void>
}

type Needs = {
  readonly sql: Sql
  /** ms. */
  readonly now: () => number
}

/** The turn at the work, if nobody has it and it was not done since `since` (ms); else undefined. */
export async function takeTurn(
  { sql, now }: Needs,
  account: StripeAccount,
  work: Work,
  since: number,
): Promise<Turn | undefined> {
  const { until, last, after } = columns[work]
  const write = async (
    statement: (tx: Parameters<Parameters<typeof withTenant>[2]>[0]) => Promise<readonly Row[]>,
  ) =>
    (await withTenant(sql, { tenant: account.tenant, actor: 'stripe', action: 'TakeStripeTurn' }, statement))
      .result[0]

  let mine = now() + turnMs
  const row = await write(
    (tx) => tx<Row[]>`
      insert into vouchsafe.stripe_progress as p (tenant_id, account_id, ${tx(until)})
        values (${account.tenant}, ${account.id}, ${new Date(mine)})
      on conflict (tenant_id, account_id) do update set ${tx(until)} = excluded.${tx(until)}
        where (p.${tx(until)} is null or p.${tx(until)} <= ${new Date(now())}
            or p.${tx(until)} > ${new Date(now() + turnMs + apartMs)})
          and (p.${tx(last)} is null or p.${tx(last)} <= ${new Date(since)}
            or p.${tx(last)} > ${new Date(now() + apartMs)})
      returning ${tx(last)} as last, ${tx(after)} as after`,
  )
  if (!row) return undefined

  /** Only while it is this process's. */
  const set = async (
    next: number | null,
    more: { readonly after?: string | null; readonly last?: number },
  ) => {
    const before = mine
    const kept = await write(
      (tx) => tx<Row[]>`
        update vouchsafe.stripe_progress
        set ${tx(until)} = ${next === null ? null : new Date(next)}
          ${more.after === undefined ? tx`` : tx`, ${tx(after)} = ${more.after}`}
          ${more.last === undefined ? tx`` : tx`, ${tx(last)} = ${new Date(more.last)}`}
        where tenant_id = ${account.tenant} and account_id = ${account.id} and ${tx(until)} = ${new Date(before)}
        returning ${tx(last)} as last, ${tx(after)} as after`,
    )
    if (kept && next !== null) mine = next
    return kept !== undefined
  }
  return {
    ...(row.last !== null && { last: row.last }),
    ...(row.after !== null && { after: row.after }),
    keep: (after) => set(now() + turnMs, after === undefined ? {} : { after }),
    done: async (at) => void (await set(null, { last: at, ...(work !== 'sweep' && { after: null }) })),
    release: async () => void (await set(null, {})),
  }
}

type Row = { readonly last: number | null; readonly after: string | null }

const columns = {
  // A sweep begins anew.
  sweep: { until: 'sweeping_until', last: 'swept_to', after: 'reconciling_after' },
  reconcile: { until: 'reconciling_until', last: 'reconciled_at', after: 'reconciling_after' },
  import: { until: 'importing_until', last: 'imported_at', after: 'importing_after' },
} as const satisfies Record<Work, { readonly until: string; readonly last: string; readonly after: string }>
