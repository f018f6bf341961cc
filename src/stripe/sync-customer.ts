import type { RevisionToken } from '#core/revision.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { applyState } from './apply-state.ts'
import type { Lease } from './lease.ts'
import { settle, settleHeld, settleMoved } from './settle.ts'
import type { Alert } from './wanted.ts'

export type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** ms. */
  readonly now: () => number
  /** Told of each commit, before anybody else. */
  readonly committed?: (revision: RevisionToken) => void
}

export type Synced = {
  /** moved: it was found out whose it is. nobody: it concerns no customer. */
  readonly outcome: 'applied' | 'unchanged' | 'unbound' | 'moved' | 'nobody'
  /** When the events that this settled had been received, ms. */
  readonly received: readonly number[]
  readonly alerts: readonly Alert[]
  /** Rights. */
  readonly granted: number
  readonly updated: number
  readonly ended: number
  /** Of the write, or the present one where nothing changed. */
  readonly revision: RevisionToken
}

const isCustomer = /^cus_/

/**
 * One mark from lease to settled: fetches what is true outside of any transaction, then applies it in one, with the
 * events and the mark. Throws StripeFailure, AppError or LeaseLost; then nothing was changed, and no right was lost.
 */
export async function syncCustomer(needs: Needs, lease: Lease): Promise<Synced> {
  const { account, object } = lease
  const api = needs.api(account)
  const customer = isCustomer.test(object) ? object : await api.customerOf(object)
  if (customer === undefined) {
    const written = await write(needs, lease, (tx, now) => settle(tx, lease, { mark: 'done', now }))
    return { ...nothing, outcome: 'nobody', received: written.result.received, revision: written.revision }
  }
  if (customer !== object) {
    const { revision } = await write(needs, lease, (tx, now) => settleMoved(tx, lease, customer, now))
    return { ...nothing, outcome: 'moved', received: [], revision }
  }

  const state = await api.fetchCustomer(customer, { features: lease.features })
  const { result, changed, revision } = await write(needs, lease, async (tx, now) => {
    const by = { tenant: account.tenant, actor: 'stripe', ...(lease.cause && { cause: lease.cause }), now }
    const applied = await applyState(tx, by, account, state)
    const mark = !applied.bound ? 'unbound' : applied.quantities.length > 0 ? 'held' : 'done'
    return { ...applied, ...(await settle(tx, lease, { mark, now })) }
  })
  const { bound, quantities, received, alerts, granted, updated, ended } = result
  // The mark stays until Stripe has them: a process that is killed in between leaves it to the next.
  for (const { item, quantity } of quantities) {
    await api.setQuantity(item, quantity, `vouchsafe-${lease.token}-${item}`)
  }
  if (quantities.length > 0) await write(needs, lease, (tx, now) => settleHeld(tx, lease, now))
  const outcome = !bound ? 'unbound' : changed ? 'applied' : 'unchanged'
  return { outcome, received, alerts, granted, updated, ended, revision }
}

const nothing = { alerts: [], granted: 0, updated: 0, ended: 0 } as const

function write<T>(needs: Needs, { account, cause }: Lease, work: (tx: Tx, now: number) => Promise<T>) {
  return withTenant(
    needs.sql,
    {
      tenant: account.tenant,
      actor: 'stripe',
      action: 'StripeCustomerSynced',
      ...(cause && { cause }),
      ...(needs.committed && { committed: needs.committed }),
    },
    (tx) => work(tx, needs.now()),
  )
}
