import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '#core/errors.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from './account.ts'
import { holdLease } from './hold-lease.ts'
import { judgeFailure } from './judge-failure.ts'
import type { Lease } from './lease.ts'
import { markNow } from './mark-customers.ts'
import { failMark, leaseMarks } from './marks.ts'
import { type Synced, type Needs as SyncNeeds, syncCustomer } from './sync-customer.ts'

type Needs = SyncNeeds & {
  /** In [0, 1). */
  readonly random: () => number
  /** Default: as a worker's. */
  readonly heartbeatMs?: number
}

const askEveryMs = 100
const patienceMs = 45_000

/**
 * Fetches and applies a customer for somebody who waits for it. Where a worker is at it, after that. Throws what
 * syncCustomer throws, having left the mark for another try; AppError DEADLINE where others keep it.
 */
export async function syncNow(needs: Needs, account: StripeAccount, customer: string): Promise<Synced> {
  const { sql, now } = needs
  await withTenant(sql, { tenant: account.tenant, actor: 'stripe', action: 'MarkStripe' }, (tx) =>
    markNow(tx, { tenant: account.tenant, account: account.id }, [customer], new Date(now())),
  )
  const lease = await leaseOf(needs, account, customer)
  const letGo = holdLease(sql, lease, now, needs.heartbeatMs)
  try {
    return await syncCustomer(needs, lease)
  } catch (error) {
    const judged = judgeFailure(error, { attempts: lease.attempts, now: now(), random: needs.random() })
    await failMark(sql, lease, judged).catch(() => undefined)
    throw error
  } finally {
    letGo()
  }
}

/** A worker may take it first, and settle it: then it is marked once more. */
async function leaseOf({ sql, now }: Needs, account: StripeAccount, customer: string): Promise<Lease> {
  for (let waited = 0; waited < patienceMs; waited += askEveryMs) {
    const [lease] = await leaseMarks(sql, account, now(), customer)
    if (lease) return lease
    await sleep(askEveryMs)
    await withTenant(sql, { tenant: account.tenant, actor: 'stripe', action: 'MarkStripe' }, async (tx) => {
      const [kept] = await tx`select from vouchsafe.stripe_marks
        where tenant_id = ${account.tenant} and account_id = ${account.id} and object = ${customer}`
      if (!kept)
        await markNow(tx, { tenant: account.tenant, account: account.id }, [customer], new Date(now()))
    })
  }
  throw new AppError('DEADLINE', 'Another process works at this customer.', { customer })
}
