import type { Command } from '#admin/command.ts'
import { type Page, type PageInput, readPage } from '#admin/page.ts'
import { stripeAccountId } from './account-id.ts'

export type MarkDocument = {
  readonly object: string
  readonly account: string
  readonly state: string
  readonly since: string
  readonly age_seconds: number
  readonly due_at: string
  readonly attempts: number
  readonly error?: string
}

type Asked = PageInput & { readonly account: string; readonly state: string }
type Row = { readonly account_id: string; readonly at: string; readonly document: MarkDocument }

/** Who waits to be fetched, the oldest first; empty filters count for nothing. */
export const listStripeMarks: Command<Asked, Page<MarkDocument>> = async (tx, scope, asked) => {
  const { account, state, ...input } = asked
  const accountId = account === '' ? '' : await stripeAccountId(tx, scope.tenant, account)
  const now = new Date(scope.now)
  const page = await readPage(
    scope.pageTokens,
    [scope.tenant, 'stripe_marks', accountId, state],
    input,
    (after, limit) => tx<Row[]>`
      select m.account_id, m.since::text as at, jsonb_strip_nulls(jsonb_build_object('object', m.object,
          'account', a.key, 'state', m.state, 'since', m.since,
          'age_seconds', greatest(0, floor(extract(epoch from ${now}::timestamptz - m.since)))::integer,
          'due_at', m.due_at, 'attempts', m.attempts, 'error', m.error)) as document
      from vouchsafe.stripe_marks m
      join vouchsafe.stripe_accounts a on a.tenant_id = m.tenant_id and a.id = m.account_id
      where m.tenant_id = ${scope.tenant}
        ${accountId ? tx`and m.account_id = ${accountId}` : tx``}
        ${state ? tx`and m.state = ${state}` : tx``}
        ${
          after
            ? tx`and (m.since, m.object, m.account_id) >
                (${after[0] as string}::timestamptz, ${after[1] as string}, ${after[2] as string}::uuid)`
            : tx``
        }
      order by m.since, m.object, m.account_id limit ${limit}`,
    (row) => [row.at, row.document.object, row.account_id],
  )
  return { ...page, items: page.items.map(({ document }) => document) }
}
