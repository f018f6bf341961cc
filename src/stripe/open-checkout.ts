import { createHash } from 'node:crypto'
import type { By, HolderRef } from '#admin/grant-types.ts'
import { AppError } from '#core/errors.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import { accountNamed } from './account-named.ts'
import type { StripeApi } from './api/create-api.ts'
import { asking } from './asking.ts'
import { findHolderCustomer, type HolderCustomer, holderCustomer } from './holder-customer.ts'
import { mappedToPlan, onlyPrice } from './price-of-plan.ts'
import { trialHad } from './trial-had.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** ms. */
  readonly now: () => number
  readonly committed: (revision: RevisionToken) => void
}

export type CheckoutAsked = {
  /** An account's key; empty: the tenant's only one. */
  readonly account: string
  readonly holder: HolderRef
  /** A plan's key: its only price is bought. Empty: lines say what is. */
  readonly plan: string
  /** A quantity of 0 means 1. */
  readonly lines: readonly { readonly price: string; readonly quantity: number }[]
  /** Of the plan's price. */
  readonly quantity: number
  readonly mode: 'subscription' | 'payment'
  readonly success_url: string
  readonly cancel_url: string
  /** 0: none. */
  readonly trial_days: number
  /** Which of the mapped entitlements is meant; empty: all. */
  readonly entitlement: string
  readonly request_id: string
}

export type CheckoutOpened = {
  readonly url: string
  /** "cs_…" */
  readonly session: string
  /** "cus_…" */
  readonly customer: string
  readonly trial: boolean
}

/**
 * Opens a checkout whose purchase is the holder's: its customer is bound before, and named in the session. A repeat of
 * the request id gets the same session. Errors: NOT_FOUND, INVALID_FIELD, FAILED_PRECONDITION, STRIPE_UNAVAILABLE.
 */
export async function openCheckout(needs: Needs, by: By, asked: CheckoutAsked): Promise<CheckoutOpened> {
  const { tenant } = by
  const account = await accountNamed(needs.sql, tenant, asked.account)
  const metadata = named(account, asked.entitlement)
  const prices = await pricesOf(needs, account, asked)
  const { customer, reference, holder } = await holderCustomer(needs, by, account, asked.holder)
  const trial =
    asked.trial_days > 0 && !(await isTrialHad(needs, account, { customer, reference, holder }, prices))
  const { id, url } = await asking(account, () =>
    needs.api(account).createCheckoutSession({
      mode: asked.mode,
      prices: prices.map(({ price, quantity }) => ({ price, quantity: quantity || 1 })),
      customer,
      client_reference_id: reference,
      ...(trial && { trial_days: asked.trial_days }),
      success_url: asked.success_url,
      cancel_url: asked.cancel_url,
      ...(metadata && { metadata }),
      idempotency_key: keyOf(account, 'checkout', by, asked.request_id),
    }),
  )
  return { url, session: id, customer, trial }
}

type Line = CheckoutAsked['lines'][number]

async function pricesOf(
  { sql, api }: Needs,
  account: StripeAccount,
  { plan, lines, quantity, mode }: CheckoutAsked,
): Promise<readonly Line[]> {
  if (plan === '') return lines
  const { tenant } = account
  const mapped = await readTenant(sql, tenant, (tx) => mappedToPlan(tx, tenant, plan))
  const type = mode === 'payment' ? 'one_time' : 'recurring'
  const price = await asking(account, () => onlyPrice(plan, mapped, type, api(account).activePrices))
  return [{ price, quantity }]
}

async function isTrialHad(
  { sql, api }: Needs,
  account: StripeAccount,
  { customer, holder }: HolderCustomer,
  prices: readonly Line[],
): Promise<boolean> {
  const bought = await asking(account, () =>
    Promise.all(prices.map(({ price }) => api(account).price(price))),
  )
  const { tenant } = account
  return readTenant(sql, tenant, (tx) =>
    trialHad(tx, { tenant, account: account.id, customer }, holder, bought),
  )
}

/** Opens the portal of the holder's customer; without one FAILED_PRECONDITION. */
export async function openPortal(
  needs: Pick<Needs, 'sql' | 'api'>,
  by: By,
  asked: Pick<CheckoutAsked, 'account' | 'holder' | 'request_id'> & { readonly return_url: string },
): Promise<{ readonly url: string; readonly customer: string }> {
  const account = await accountNamed(needs.sql, by.tenant, asked.account)
  const found = await findHolderCustomer(needs, account, asked.holder)
  if (!found) throw new AppError('FAILED_PRECONDITION', 'The holder has no customer at Stripe yet.')
  const { customer } = found
  const { url } = await asking(account, () =>
    needs.api(account).createPortalSession({
      customer,
      return_url: asked.return_url,
      idempotency_key: keyOf(account, 'portal', by, asked.request_id),
    }),
  )
  return { url, customer }
}

function named({ key, metadata_key }: StripeAccount, entitlement: string) {
  if (entitlement === '') return undefined
  if (metadata_key === undefined) {
    throw new AppError('FAILED_PRECONDITION', `The Stripe account "${key}" has no metadata_key.`, {
      account: key,
    })
  }
  return { [metadata_key]: entitlement }
}

/** Callers do not meet in each other's request ids. */
function keyOf(account: StripeAccount, what: string, { actor }: By, requestId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([what, account.id, actor, requestId]))
    .digest('hex')
}
