import { readCheckpoint } from '#postgres/checkpoint.ts'
import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'
import { type AuditChangeDocument, selectChanges } from './audit-rows.ts'
import type { Command } from './command.ts'
import { type Prefix, readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { type Page, type PageInput, readPage } from './page.ts'

/** All that is given must hold. Numbers may come as text. */
export type ChangeFilter = {
  readonly subject?: string
  readonly organization?: string
  readonly actor?: string
  readonly action?: string
  readonly table?: string
  /** RFC 3339; the end is not part of it. */
  readonly since?: string
  readonly until?: string
  readonly from_revision?: number | string
  readonly to_revision?: number | string
}

/** A tenant's changes since the last checkpoint, newest first. Errors: INVALID_FIELD (subject, organization, page_size, page_token). */
export const listChanges: Command<ChangeFilter & PageInput, Page<AuditChangeDocument>> = async (
  tx,
  { tenant, pageTokens },
  { page_size, page_token, ...filter },
) => {
  const where = conditions(tx, tenant, filter)
  // What is kept of before it are parts of changes.
  const cut = (await readCheckpoint(tx, tenant))?.revision ?? 0
  const page = { ...(page_size !== undefined && { page_size }), ...(page_token && { page_token }) }
  return readPage(
    pageTokens,
    [tenant, 'changes', JSON.stringify(Object.entries(filter).sort())],
    page,
    (after, limit) => tx<AuditChangeDocument[]>`
      ${selectChanges(tx)} where c.tenant_id = ${tenant} ${where} and c.revision > ${cut}
        ${after ? tx`and c.revision < ${after[0] as number}` : tx``}
      order by c.revision desc limit ${limit}`,
    ({ revision }) => [revision],
  )
}

function conditions(tx: Tx, tenant: string, filter: ChangeFilter): Fragment {
  const { actor, action, table, since, until } = filter
  const from = Number(filter.from_revision ?? 0)
  const to = Number(filter.to_revision ?? 0)
  const subject = idOf('sub', 'subject', filter.subject)
  const organization = idOf('org', 'organization', filter.organization)
  const held = (id: string) => tx`select e.epoch, e.xid from vouchsafe.effects_about(${tenant}, ${id}) e`
  return tx`
    ${subject ? tx`and (c.epoch, c.xid) in (${held(subject)})` : tx``}
    ${organization ? tx`and (c.epoch, c.xid) in (${written(tx, tenant, organization, held)})` : tx``}
    ${actor ? tx`and c.actor = ${actor}` : tx``}
    ${action ? tx`and c.action = ${action}` : tx``}
    ${since ? tx`and c.at >= ${new Date(since)}` : tx``}
    ${until ? tx`and c.at < ${new Date(until)}` : tx``}
    ${from > 0 ? tx`and c.revision >= ${from}` : tx``}
    ${to > 0 ? tx`and c.revision <= ${to}` : tx``}
    ${table ? tx`and exists (${writing(tx, table)})` : tx``}`
}

function writing(tx: Tx, table: string): Fragment {
  return tx`
    select from vouchsafe.effect e where e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid
      and e.table_name = ${table}
    union all
    select from vouchsafe.effect_pack p where p.tenant_id = c.tenant_id and p.epoch = c.epoch and p.xid = c.xid
      and p.table_name = ${table}`
}

/** What an organization holds, and its members, whose rows are theirs. */
function written(tx: Tx, tenant: string, id: string, held: (id: string) => Fragment): Fragment {
  return tx`
    ${held(id)}
    union all
    select e.epoch, e.xid from vouchsafe.effect e where e.tenant_id = ${tenant}
      and e.table_name = 'organization_members' and vouchsafe.effect_row(e.key) = ${id}`
}

function idOf(prefix: Prefix, field: string, text: string | undefined): string | undefined {
  if (!text) return undefined
  const id = readId(prefix, text)
  if (id === undefined) throw invalid(field, `"${text}" is no id of a ${field}.`)
  return id
}
