import type { Tx } from './pool.ts'
import type { Broken } from './verify-chain.ts'

type Tracked = { readonly name: string; readonly columns: readonly string[] }
type Differing = { readonly key: string; readonly revision: number | null; readonly how: string }

/**
 * The first row that is not as history left it: somebody wrote past the triggers. Compares each tracked table's rows of
 * one tenant with the last image of each; what was erased is not compared. Inside readFeed.
 */
export async function compareRows(tx: Tx, tenant: string): Promise<Broken | undefined> {
  for (const table of await trackedTables(tx)) {
    const [differing] = await differingRows(tx, tenant, table)
    if (!differing) continue
    const { key, revision, how } = differing
    const detail = `A row of ${table.name} ${how} past its history.`
    return { revision: revision ?? 0, fault: 'row', table: table.name, key, detail }
  }
  return undefined
}

/** By the triggers that record them, which know the columns of their keys. */
async function trackedTables(tx: Tx): Promise<readonly Tracked[]> {
  const tables = await tx<{ name: string; columns: readonly string[] }[]>`
    select c.relname::text as name, array(
      select a.attname::text from pg_index i cross join unnest(i.indkey) with ordinality k (attribute, place)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attribute
      where i.indrelid = c.oid and i.indisprimary order by k.place
    ) as columns
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vouchsafe' and t.tgname = 'record_insert' order by 1`
  return tables
}

function differingRows(tx: Tx, tenant: string, { name, columns }: Tracked): Promise<readonly Differing[]> {
  const pairs = columns.map((column) => `'${column}', to_jsonb(t.${column})`).join(', ')
  return tx.unsafe<Differing[]>(
    `with last as (
      select distinct on (e.key) e.key, e.op, e.after, e.salt, c.revision from vouchsafe.effects e
      join vouchsafe.change c on c.tenant_id = e.tenant_id and c.epoch = e.epoch and c.xid = e.xid
      where e.tenant_id = $1 and e.table_name = $2 and e.key <> '{}'
      order by e.key, c.revision desc, e.ordinal desc
    ), now as (
      select jsonb_build_object(${pairs}) as key, to_jsonb(t) as row from vouchsafe.${name} t where t.tenant_id = $1
    ), compared as (
      select coalesce(last.key, now.key)::text as key, last.revision, case
        when last.key is null or (now.key is not null and last.op = 'delete') then 'was added'
        when now.key is null and last.op <> 'delete' and last.salt is not null then 'was removed'
        when now.key is not null and last.salt is not null and exists (
          select from jsonb_each(last.after) was where now.row ? was.key and now.row -> was.key is distinct from was.value
        ) then 'was edited'
      end as how
      from last full join now on now.key = last.key
    ) select key, revision, how from compared where how is not null order by key limit 1`,
    [tenant, name],
  ) as unknown as Promise<readonly Differing[]>
}
