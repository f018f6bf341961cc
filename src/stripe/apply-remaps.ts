import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { markCustomers } from './mark-customers.ts'
import { areManyDue } from './mark-differing.ts'
import { type Place, remapSome } from './remap-some.ts'

type Write = (fields: object, message: string) => void

type Needs = {
  readonly sql: Sql
  /** ms. */
  readonly now: () => number
  /** Somebody is to be fetched. */
  readonly wake: () => void
  readonly committed?: (revision: RevisionToken) => void
  readonly log: { readonly warn: Write }
  /** How often it looks, ms. Default 1000. */
  readonly everyMs?: number
}

/** So few that whoever writes about one of them waits for a moment only. */
const slice = 50

const later = 'what prices give now is applied to those who bought before a moment later'

export type Remaps = {
  /** When nothing is left that can be done now. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Applies mappings and rules that changed to those who bought before, after the first of them: slice by slice, each a
 * transaction with the place where the next goes on. A process that is killed loses none, and any other goes on. They take
 * turns: neither one of very many nor one that fails holds up another tenant's.
 */
export function applyRemaps(needs: Needs): Remaps {
  const { sql, log, everyMs = 1000 } = needs
  const state = { closed: false }
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    const putOff = new Set<string>()
    const next = async () => (await pending(sql)).filter(({ id }) => !putOff.has(id))
    try {
      for (let some = await next(); some.length > 0 && !state.closed; some = await next())
        for (const each of some) if ((await oneSlice(each)) !== 'more') putOff.add(each.id)
    } catch (err) {
      log.warn({ err }, later)
    }
  }

  async function oneSlice(each: Pending): Promise<'more' | 'done' | 'later'> {
    if (state.closed) return 'later'
    try {
      return await applySlice(needs, each)
    } catch (err) {
      log.warn({ err, tenant: each.tenant_id }, later)
      return 'later'
    }
  }
  const settled = () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
  const timer = setInterval(() => void settled(), everyMs).unref()
  return {
    settled,
    async close() {
      state.closed = true
      clearInterval(timer)
      await looking
    },
  }
}

type Pending = { readonly tenant_id: string; readonly id: string; readonly everybody: boolean }

/** The oldest first. */
function pending(sql: Sql): Promise<readonly Pending[]> {
  return readFeed(
    sql,
    (tx) => tx<Pending[]>`select tenant_id, id, everybody from vouchsafe.stripe_remaps order by id limit 100`,
  )
}

type Row = Place & { readonly external_ids: readonly string[] }

/** later: others are to be fetched before. */
async function applySlice(
  needs: Needs,
  { tenant_id: tenant, id, everybody }: Pending,
): Promise<'more' | 'done' | 'later'> {
  const { sql, now, wake, committed } = needs
  // Whoever buys meanwhile waits behind some of those who are to be fetched, and not behind all.
  if (everybody && (await isBusy(needs, tenant))) return 'later'
  const scope = { tenant, actor: 'stripe', action: 'PriceMappingApplied', ...(committed && { committed }) }
  const { result } = await withTenant(sql, scope, async (tx) => {
    // Another process has it, or has done it.
    const [row] = await tx<Row[]>`
      select external_ids, account_id as account, customer from vouchsafe.stripe_remaps
      where tenant_id = ${tenant} and id = ${id} for update skip locked`
    if (!row) return 'done'
    const { external_ids, account, customer } = row
    const asked = { external_ids, everybody, after: { account, customer }, count: slice }
    const { done, last } = await remapSome(tx, { tenant, actor: 'stripe', now: now() }, asked)
    for (const [of, some] of Map.groupBy(done, (each) => each.account)) {
      // What was fetched tells all but features that nobody asked for, and what Stripe is to be told.
      const marked = some.filter(({ follows }) => follows || everybody).map((each) => each.customer)
      await markCustomers(tx, { tenant, account: of }, marked, new Date(now()))
    }
    const it = tx`tenant_id = ${tenant} and id = ${id}`
    if (!last) await tx`delete from vouchsafe.stripe_remaps where ${it}`
    else
      await tx`update vouchsafe.stripe_remaps set account_id = ${last.account}, customer = ${last.customer} where ${it}`
    return last ? 'more' : 'done'
  })
  wake()
  return result
}

async function isBusy({ sql, now }: Needs, tenant: string): Promise<boolean> {
  const accounts = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ id: string }[]>`
      select id from vouchsafe.stripe_accounts where tenant_id = ${tenant} and active`,
  )
  for (const { id } of accounts) if (await areManyDue({ sql, now }, { tenant, id })) return true
  return false
}
