import type { Command } from '#admin/command.ts'
import type { HolderRef } from '#admin/grant-types.ts'
import { type Page, type PageInput, readPage } from '#admin/page.ts'
import { type Holder, resolveHolder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import { stripeAccountId } from './account-id.ts'

export type CustomerDocument = {
  /** "cus_…", "cs_…" */
  readonly customer: string
  /** The account's key. */
  readonly account: string
  readonly holder: { readonly subject?: string; readonly organization?: string }
  readonly bound_by: string
  readonly bound_at: string
  readonly fetched_at?: string
  readonly alerts: readonly string[]
}

type Asked = PageInput & { readonly account: string; readonly holder?: HolderRef }
type Row = { readonly account_id: string; readonly document: CustomerDocument }

/** Customers that are bound, by their ids; of one holder where that is named. */
export const listStripeCustomers: Command<Asked, Page<CustomerDocument>> = async (tx, scope, asked) => {
  const { account, holder: ref, ...input } = asked
  const accountId = account === '' ? '' : await stripeAccountId(tx, scope.tenant, account)
  const holder = ref && (await resolveHolder(tx, scope.tenant, ref, false))
  const page = await readPage(
    scope.pageTokens,
    [scope.tenant, 'stripe_customers', accountId, JSON.stringify(holder ?? {})],
    input,
    (after, limit) => tx<Row[]>`
      ${select(tx)} where c.tenant_id = ${scope.tenant}
        ${accountId ? tx`and c.account_id = ${accountId}` : tx``}
        ${holder ? ofHolder(tx, holder) : tx``}
        ${after ? tx`and (c.customer, c.account_id) > (${after[0] as string}, ${after[1] as string}::uuid)` : tx``}
      order by c.customer, c.account_id limit ${limit}`,
    (row) => [row.document.customer, row.account_id],
  )
  return { ...page, items: page.items.map(({ document }) => document) }
}

/** One of them; undefined where nobody is bound. */
export async function findStripeCustomer(
  tx: Tx,
  tenant: string,
  accountId: string,
  customer: string,
): Promise<CustomerDocument | undefined> {
  const [row] = await tx<Row[]>`${select(tx)}
    where c.tenant_id = ${tenant} and c.account_id = ${accountId} and c.customer = ${customer}`
  return row?.document
}

function ofHolder(tx: Tx, { subject_id, organization_id }: Holder) {
  return subject_id === null
    ? tx`and c.organization_id = ${organization_id}`
    : tx`and c.subject_id = ${subject_id}`
}

function select(tx: Tx) {
  return tx`select c.account_id, jsonb_strip_nulls(jsonb_build_object('customer', c.customer, 'account', a.key,
      'holder', jsonb_build_object('subject', 'sub_' || c.subject_id, 'organization', 'org_' || c.organization_id),
      'bound_by', c.bound_by, 'bound_at', c.bound_at, 'fetched_at', s.fetched_at,
      'alerts', coalesce(to_jsonb(s.alerts), '[]'))) as document
    from vouchsafe.stripe_customers c
    join vouchsafe.stripe_accounts a on a.tenant_id = c.tenant_id and a.id = c.account_id
    left join vouchsafe.stripe_states s
      on s.tenant_id = c.tenant_id and s.account_id = c.account_id and s.customer = c.customer`
}
