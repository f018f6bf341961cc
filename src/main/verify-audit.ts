import { compareRows } from '#postgres/compare-rows.ts'
import type { ExportedHead } from '#postgres/heads.ts'
import type { Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { type Broken, type Verified, walkChain } from '#postgres/verify-chain.ts'

export type TenantVerdict = Verified & {
  readonly tenant: string
  readonly key: string
  /** The last change that was walked, or the first that does not hold. */
  readonly head: number
  readonly broken?: Broken
}

type Options = {
  /** Id or key; absent: all, the platform's own too. */
  readonly tenant?: string
  readonly heads: readonly ExportedHead[]
  /** Whether the tables are compared with what history left in them, too. */
  readonly rows: boolean
  readonly progress: (tenant: string, revision: number, head: number) => void
}

type Tenant = { readonly tenant: string; readonly key: string; readonly head: number }

/** Walks the history of each tenant, each as of one moment. A tenant of a kept head that is gone is broken too. */
export async function* verifyAudit(
  sql: Sql,
  { tenant, heads, rows, progress }: Options,
): AsyncGenerator<TenantVerdict> {
  const all = await readFeed(
    sql,
    (tx) => tx<Tenant[]>`
      select t.tenant_id as tenant, t.key, coalesce(h.revision, 0) as head from vouchsafe.tenants t
      left join vouchsafe.head h using (tenant_id) order by t.key`,
  )
  const wanted = all.filter((each) => tenant === undefined || each.tenant === tenant || each.key === tenant)
  for (const { tenant: id, key, head } of wanted) {
    const options = { heads, progress: (revision: number) => progress(key, revision, head) }
    // One moment for both: what is written meanwhile is not there.
    const verified = await readFeed(sql, async (tx) => {
      const walked = await walkChain(tx, id, options)
      const row = walked.broken || !rows ? undefined : await compareRows(tx, id)
      return { ...walked, ...(row && { broken: row }) }
    })
    yield { tenant: id, key, head, ...verified }
  }
  if (tenant !== undefined) return
  const known = new Set(all.map((each) => each.tenant))
  for (const { tenant: id, revision, at } of heads) {
    if (known.has(id)) continue
    known.add(id)
    const detail = `The tenant stood at change ${revision} on ${at}, and is gone.`
    const broken = { revision: 1, fault: 'cut', detail } as const
    yield { tenant: id, key: id, head: 0, changes: 0, effects: 0, erased: 0, broken }
  }
}
