import type { Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'

/** How far Stripe and we are apart, over all tenants. What is switched off is not followed, nor counted. Ages in seconds. */
export type Backlog = {
  /** Marks by what they wait for. */
  readonly marks: Readonly<Record<string, number>>
  /** Of those that wait for their turn; 0: none does. */
  readonly oldestSeconds: number
  /** Customers by what gives them no right and should. */
  readonly alerts: Readonly<Record<string, number>>
  readonly accounts: readonly {
    readonly key: string
    /** Since it was looked for events that were not delivered; absent: never. */
    readonly sweptSeconds?: number
    readonly reconciledSeconds?: number
    /** Since all that was paid once was gone through. */
    readonly importedSeconds?: number
  }[]
  /** Mappings and rules that are being applied to those who bought before. */
  readonly remaps: number
}

/** `now` in ms. */
export function readBacklog(sql: Sql, now: number): Promise<Backlog> {
  const since = (at: number | null) => Math.max(0, now - (at ?? now)) / 1000
  return readFeed(sql, async (tx) => {
    const marks = await tx<{ state: string; count: number; oldest: number }[]>`
      select m.state, count(*)::integer as count, min(m.since) as oldest from vouchsafe.stripe_marks m
      join vouchsafe.stripe_accounts a on a.tenant_id = m.tenant_id and a.id = m.account_id and a.active
      group by m.state`
    const alerts = await tx<{ code: string; count: number }[]>`
      select split_part(alert, ' ', 1) as code, count(distinct (s.account_id, s.customer))::integer as count
      from vouchsafe.stripe_states s
      join vouchsafe.stripe_accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id and a.active
      cross join unnest(s.alerts) alert
      where s.alerts <> '{}' group by 1`
    const accounts = await tx<Row[]>`
      select a.key, p.swept_to as swept, p.reconciled_at as reconciled, p.imported_at as imported from vouchsafe.stripe_accounts a
      left join vouchsafe.stripe_progress p on p.tenant_id = a.tenant_id and p.account_id = a.id
      where a.active`
    const [remaps] = await tx<
      { count: number }[]
    >`select count(*)::integer as count from vouchsafe.stripe_remaps`
    return {
      marks: Object.fromEntries(marks.map(({ state, count }) => [state, count])),
      oldestSeconds: since(marks.find(({ state }) => state === 'waiting')?.oldest ?? null),
      alerts: Object.fromEntries(alerts.map(({ code, count }) => [code, count])),
      accounts: accounts.map(({ key, swept, reconciled, imported }) => ({
        key,
        ...(swept !== null && { sweptSeconds: since(swept) }),
        ...(reconciled !== null && { reconciledSeconds: since(reconciled) }),
        ...(imported !== null && { importedSeconds: since(imported) }),
      })),
      remaps: remaps?.count ?? 0,
    }
  })
}

type Row = {
  readonly key: string
  readonly swept: number | null
  readonly reconciled: number | null
  readonly imported: number | null
}
