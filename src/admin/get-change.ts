import type { JsonObject } from '#core/json.ts'
import { pruned, readCheckpoint } from '#postgres/checkpoint.ts'
import type { Tx } from '#postgres/pool.ts'
import { type AuditChangeDocument, selectChanges, shownImage } from './audit-rows.ts'
import type { Command } from './command.ts'
import { notFound } from './not-found.ts'
import { type PageInput, readPage } from './page.ts'

export type AuditEffectDocument = {
  readonly ordinal: number
  readonly table: string
  readonly op: string
  readonly key: JsonObject
  readonly before?: JsonObject
  readonly after?: JsonObject
  /** Columns that differ, by name. */
  readonly changed: readonly string[]
  readonly erased: boolean
}

type EffectRow = {
  readonly ordinal: number
  readonly table: string
  readonly op: string
  readonly key: JsonObject
  readonly before: JsonObject | null
  readonly after: JsonObject | null
  readonly erased: boolean
}

export type ChangeAnswer = {
  readonly change: AuditChangeDocument
  readonly effects: readonly AuditEffectDocument[]
  readonly next_page_token: string
}

/** One change, with each row as it was before: the image that the last change of that row left. Errors: NOT_FOUND, FAILED_PRECONDITION (pruned). */
export const getChange: Command<PageInput & { readonly number: number | string }, ChangeAnswer> = async (
  tx,
  { tenant, pageTokens },
  { number, ...page },
) => {
  const checkpoint = await readCheckpoint(tx, tenant)
  if (checkpoint && Number(number) > 0 && Number(number) <= checkpoint.revision) throw pruned(checkpoint)
  const [change] = await tx<AuditChangeDocument[]>`
    ${selectChanges(tx)} where c.tenant_id = ${tenant} and c.revision = ${Number(number)}`
  if (!change) throw notFound('change', String(number))
  const { items, next_page_token } = await readPage(
    pageTokens,
    [tenant, 'effects', String(number)],
    page,
    (after, limit) =>
      readEffects(tx, tenant, change.revision, change.revision, Number(after?.[0] ?? 0), limit),
    ({ ordinal }) => [ordinal],
  )
  return { change, effects: items.map(effectDocument), next_page_token }
}

/** Effects of the changes between, in order, each with the image before it; after `ordinal` of the first change. */
export async function readEffects(
  tx: Tx,
  tenant: string,
  from: number,
  to: number,
  ordinal: number,
  limit: number,
): Promise<readonly (EffectRow & { readonly revision: number })[]> {
  return tx<(EffectRow & { readonly revision: number })[]>`
    select c.revision, e.ordinal, e.table_name as table, e.op, e.key, ${shownImage(tx, 'after')} as after,
      e.salt is null as erased,
      (
        select ${shownImage(tx, 'after')} from (
          ${earlier(tx)} and vouchsafe.known_by_holder(e.table_name) and vouchsafe.known_by_holder(old.table_name)
            and vouchsafe.effect_holder(old.table_name, old.key, old.after) = vouchsafe.effect_holder(e.table_name, e.key, e.after)
          union all
          select old.after, was.revision, old.ordinal
          from vouchsafe.packed_about(e.tenant_id, vouchsafe.effect_holder(e.table_name, e.key, e.after)::uuid) old
          join vouchsafe.change was on was.tenant_id = e.tenant_id and was.epoch = old.epoch and was.xid = old.xid
          where e.op <> 'insert' and vouchsafe.known_by_holder(e.table_name) and old.table_name = e.table_name and old.key = e.key
            and (was.revision, old.ordinal) < (c.revision, e.ordinal)
          union all
          select old.after, was.revision, old.ordinal
          from vouchsafe.packed_named(e.tenant_id, e.key ->> 'sub') old
          join vouchsafe.change was on was.tenant_id = e.tenant_id and was.epoch = old.epoch and was.xid = old.xid
          where e.op <> 'insert' and e.table_name = 'identities' and old.key = e.key
            and (was.revision, old.ordinal) < (c.revision, e.ordinal)
          union all
          ${earlier(tx)} and not vouchsafe.known_by_holder(e.table_name) and not vouchsafe.known_by_holder(old.table_name)
            and vouchsafe.effect_row(old.key) = vouchsafe.effect_row(e.key)
        ) image order by revision desc, ordinal desc limit 1
      ) as before
    from vouchsafe.change c
    cross join lateral (
      select * from vouchsafe.effects e where e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid offset 0
    ) e
    where c.tenant_id = ${tenant} and c.revision between ${from} and ${to}
      and (c.revision, e.ordinal) > (${from}, ${ordinal})
    order by c.revision, e.ordinal limit ${limit}`
}

/** What was written to the row of `e` before it. */
function earlier(tx: Tx) {
  return tx`
    select old.after, was.revision, old.ordinal from vouchsafe.effect old
    join vouchsafe.change was on was.tenant_id = old.tenant_id and was.epoch = old.epoch and was.xid = old.xid
    where e.op <> 'insert' and old.tenant_id = e.tenant_id and old.table_name = e.table_name and old.key = e.key
      and (was.revision, old.ordinal) < (c.revision, e.ordinal)`
}

export function effectDocument({ before, after, ...row }: EffectRow): AuditEffectDocument {
  const { ordinal, table, op, key, erased } = row
  const shown = { ...(before && { before }), ...(after && { after }) }
  return { ordinal, table, op, key, erased, changed: differing(before ?? {}, after ?? {}), ...shown }
}

function differing(before: JsonObject, after: JsonObject): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names]
    .filter((name) => JSON.stringify(before[name] ?? null) !== JSON.stringify(after[name] ?? null))
    .sort()
}
