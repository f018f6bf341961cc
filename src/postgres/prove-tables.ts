import { platformTenant } from '#core/platform.ts'
import { begin } from './begin.ts'
import type { Sql, Tx } from './pool.ts'
import { enterFeed, enterTenant } from './tenant-scope.ts'
import { newId } from './uuid.ts'

/** One place where a tenant's rows could be reached from elsewhere. */
export type TableLeak = { readonly table: string; readonly attempt: string; readonly found: string }

export type TableProof = {
  readonly tables: number
  /** Tables that hold rows of a tenant other than the one that tried. */
  readonly filled: number
  readonly attempts: number
  readonly leaks: readonly TableLeak[]
}

type Table = {
  readonly schema: string
  readonly name: string
  readonly view: boolean
  readonly scoped: boolean
}
type Victim = { readonly tenant: string; readonly row: unknown }

class Undone extends Error {}

/**
 * Tries, as the application's role, to read, change, delete and add rows of each table that belong to another tenant:
 * within a tenant, and within none. Every attempt is taken back. Reads the rows to try with by the feed's role.
 */
export async function proveTables(sql: Sql): Promise<TableProof> {
  const tables = await readTables(sql)
  const tenants = await feeding(
    sql,
    (tx) => tx<{ id: string }[]>`select tenant_id as id from vouchsafe.tenants order by 1`,
  )
  const ids = tenants.map(({ id }) => id)
  const leaks: TableLeak[] = []
  let [attempts, filled] = [0, 0]
  for (const table of tables) {
    const victim = await victimOf(sql, table)
    if (victim.row !== null) filled++
    const other = ids.find((id) => id !== victim.tenant) ?? newId()
    for (const scope of [other, '']) {
      for (const [attempt, work] of Object.entries(attemptsOn(table, victim, scope))) {
        attempts++
        const found = await tried(sql, scope, work)
        if (found === undefined) continue
        leaks.push({
          table: nameOf(table),
          attempt: `${attempt} ${scope === '' ? 'without a tenant' : 'as another tenant'}`,
          found,
        })
      }
    }
    leaks.push(...(await policyFaults(sql, table)))
  }
  return { tables: tables.length, filled, attempts, leaks }
}

function attemptsOn(
  table: Table,
  { tenant, row }: Victim,
  scope: string,
): Readonly<Record<string, (tx: Tx) => Promise<string | undefined>>> {
  const from = `${table.schema}.${table.name}`
  const theirs = scope === '' ? 'true' : 'tenant_id <> $1'
  const bound = scope === '' ? [] : [scope]
  const select = async (tx: Tx) => {
    if (!table.scoped && scope !== '') return undefined
    const found = await tx.unsafe(`select from ${from} where ${theirs} limit 1`, bound)
    return found.length > 0 ? 'a row of another tenant is read' : undefined
  }
  if (table.view) return { select }
  if (!table.scoped)
    return { select, delete: (tx) => tx.unsafe(`delete from ${from}`).then(() => 'its rows can be deleted') }
  const touched = (verb: string) => async (tx: Tx) => {
    const done = await tx.unsafe(`${verb} where tenant_id = $1`, [tenant])
    return done.count > 0 ? `${done.count} rows of another tenant` : undefined
  }
  const insert = async (tx: Tx) => {
    const like = row ?? { tenant_id: tenant }
    await tx.unsafe(`insert into ${from} select (jsonb_populate_record(null::${from}, $1::text::jsonb)).*`, [
      JSON.stringify(like),
    ])
    return 'a row of another tenant is added'
  }
  return {
    select,
    update: touched(`update ${from} set tenant_id = tenant_id`),
    delete: touched(`delete from ${from}`),
    insert,
  }
}

/** What came of it, where it was not refused for want of a right. Anything else that stops it comes after that. */
async function tried(
  sql: Sql,
  scope: string,
  work: (tx: Tx) => Promise<string | undefined>,
): Promise<string | undefined> {
  let found: string | undefined
  try {
    await begin(sql, {}, async (tx) => {
      await enterTenant(tx, scope)
      found = await work(tx)
      throw new Undone()
    })
  } catch (error) {
    if (error instanceof Undone) return found
    const { code, message } = error as { code?: string; message: string }
    if (code !== '42501') return `not refused, but stopped later: ${message}`
  }
  return undefined
}

async function readTables(sql: Sql): Promise<readonly Table[]> {
  return sql<Table[]>`
    select n.nspname::text as schema, quote_ident(c.relname) as name, c.relkind in ('v', 'm') as view,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as scoped
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition and (
      n.nspname = 'vouchsafe' and c.relkind in ('r', 'p')
      or n.nspname not in ('pg_catalog', 'information_schema') and pg_has_role(c.relowner, 'vouchsafe_owner', 'usage')
        and has_schema_privilege('vouchsafe_app', n.oid, 'usage') and has_table_privilege('vouchsafe_app', c.oid, 'select')
    ) order by 1, 2`
}

/** A row to try with, where the feed may see one, of the tenant that it is of. */
async function victimOf(sql: Sql, table: Table): Promise<Victim> {
  if (table.view) return { tenant: platformTenant, row: null }
  const read = async (tx: Tx) => {
    const rows = await tx.unsafe<{ tenant: string; row: unknown }[]>(
      `select tenant_id as tenant, to_jsonb(t) as row from ${table.schema}.${table.name} t
       order by tenant_id = '${platformTenant}' limit 1`,
    )
    return { found: rows[0] }
  }
  const { found } = await feeding(sql, read).catch((error: unknown) => {
    if ((error as { code?: string }).code === '42501') return { found: undefined }
    throw error
  })
  return found ?? { tenant: platformTenant, row: null }
}

/** What an empty table cannot show: whether its policies are the ones that every table has. */
async function policyFaults(sql: Sql, table: Table): Promise<readonly TableLeak[]> {
  if (table.view) return []
  const [found] = await sql<{ forced: boolean; foreign: string[] }[]>`
    select c.relrowsecurity and c.relforcerowsecurity as forced, array(
      select p.polname::text from pg_policy p where p.polrelid = c.oid and p.polpermissive
        and (p.polroles = '{0}' or (select oid from pg_roles where rolname = 'vouchsafe_app') = any (p.polroles))
        and (coalesce(pg_get_expr(p.polqual, p.polrelid), 'false') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'false'))
          !~ 'app\\.tenant_id'
    ) as foreign
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${table.schema} and quote_ident(c.relname) = ${table.name}`
  const at = (found: string) => ({ table: nameOf(table), attempt: 'policies', found })
  return [
    ...(found?.forced ? [] : [at('row security is not enabled and forced')]),
    ...(found?.foreign ?? []).map((policy) => at(`the policy ${policy} does not ask for the tenant`)),
  ]
}

async function feeding<T>(sql: Sql, work: (tx: Tx) => Promise<T>): Promise<T> {
  return begin(sql, { mode: 'read only' }, async (tx) => {
    await enterFeed(tx)
    return work(tx)
  })
}

const nameOf = ({ schema, name }: Table) => `${schema}.${name}`
