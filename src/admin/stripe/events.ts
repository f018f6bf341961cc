import type { Command } from '#admin/command.ts'
import { type Page, type PageInput, readPage } from '#admin/page.ts'
import { stripeAccountId } from './account-id.ts'

export type EventDocument = {
  readonly event: string
  readonly account: string
  readonly type: string
  readonly api_version?: string
  readonly created: string
  readonly object?: string
  readonly customer?: string
  readonly marks?: string
  readonly status: string
  readonly received_at: string
  readonly received_via: string
  readonly processed_at?: string
  /** 64 bit: as text. */
  readonly change?: string
}

type Asked = PageInput & {
  readonly account: string
  readonly status: string
  readonly type: string
  readonly customer: string
}
type Row = { readonly account_id: string; readonly at: string; readonly document: EventDocument }

/** The inbox, newest first; empty filters count for nothing. */
export const listStripeEvents: Command<Asked, Page<EventDocument>> = async (tx, scope, asked) => {
  const { account, status, type, customer, ...input } = asked
  const accountId = account === '' ? '' : await stripeAccountId(tx, scope.tenant, account)
  const page = await readPage(
    scope.pageTokens,
    [scope.tenant, 'stripe_events', accountId, status, type, customer],
    input,
    (after, limit) => tx<Row[]>`
      select e.account_id, e.received_at::text as at, jsonb_strip_nulls(jsonb_build_object('event', e.event_id,
          'account', a.key, 'type', e.type, 'api_version', e.api_version, 'created', e.created,
          'object', e.object_id, 'customer', e.customer, 'marks', e.marks, 'status', e.status,
          'received_at', e.received_at, 'received_via', e.received_via, 'processed_at', e.processed_at,
          'change', e.revision::text)) as document
      from vouchsafe.stripe_events e
      join vouchsafe.stripe_accounts a on a.tenant_id = e.tenant_id and a.id = e.account_id
      where e.tenant_id = ${scope.tenant}
        ${accountId ? tx`and e.account_id = ${accountId}` : tx``}
        ${status ? tx`and e.status = ${status}` : tx``}
        ${type ? tx`and e.type = ${type}` : tx``}
        ${customer ? tx`and ${customer} in (e.customer, e.marks)` : tx``}
        ${
          after
            ? tx`and e.received_at <= ${after[0] as string}::timestamptz and (e.received_at < ${after[0] as string}::timestamptz
                or (e.event_id, e.account_id) > (${after[1] as string}, ${after[2] as string}::uuid))`
            : tx``
        }
      order by e.received_at desc, e.event_id, e.account_id limit ${limit}`,
    (row) => [row.at, row.document.event, row.account_id],
  )
  return { ...page, items: page.items.map(({ document }) => document) }
}
