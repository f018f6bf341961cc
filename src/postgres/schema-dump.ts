import type { Sql, Tx } from './pool.ts'

/** The schema as the catalogue tells it, one statement-like line each, in a fixed order: for a diff, not for running. */
export async function dumpSchema(pool: Sql): Promise<string> {
  const { text } = await pool.begin('read only', async (tx) => {
    // Names are told with their schema, whatever the login's own path is.
    await tx`select set_config('search_path', '', true)`
    return { text: await dump(tx) }
  })
  return text
}

async function dump(sql: Tx): Promise<string> {
  const sections = [
    await sql<Line[]>`
      select 'domain ' || t.typname || ' ' || format_type(t.typbasetype, t.typtypmod)
        || coalesce(' ' || string_agg(pg_get_constraintdef(c.oid), ' ' order by c.conname), '') as line
      from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_constraint c on c.contypid = t.oid
      where n.nspname = 'vouchsafe' and t.typtype = 'd' group by t.oid, t.typname, t.typbasetype, t.typtypmod order by 1`,
    await sql<Line[]>`
      select 'table ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || case when a.attnotnull then ' not null' else '' end
        || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
        || case when c.relpersistence = 'u' then ' unlogged' else '' end as line
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where n.nspname = 'vouchsafe' and c.relkind = 'r' order by c.relname, a.attnum`,
    await sql<Line[]>`
      select 'view ' || n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || coalesce(' with ' || array_to_string(c.reloptions, ', '), '') as line
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where n.nspname in ('vouchsafe', 'core') and c.relkind = 'v' order by n.nspname desc, c.relname, a.attnum`,
    await sql<Line[]>`
      select 'constraint ' || r.relname || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid) as line
      from pg_constraint c join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace
      where n.nspname = 'vouchsafe' and c.contype not in ('n', 't') order by 1`,
    await sql<Line[]>`
      select regexp_replace(pg_get_indexdef(i.indexrelid), '\\s+', ' ', 'g') as line from pg_index i join pg_class r on r.oid = i.indrelid
      join pg_namespace n on n.oid = r.relnamespace where n.nspname = 'vouchsafe' order by 1`,
    await sql<Line[]>`
      select 'policy ' || tablename || ' ' || policyname || ' for ' || cmd || ' to ' || array_to_string(roles, ', ')
        || coalesce(' using ' || qual, '') || coalesce(' with check ' || with_check, '') as line
      from pg_policies where schemaname = 'vouchsafe' order by 1`,
    await sql<Line[]>`
      select 'row security ' || c.relname || case when c.relrowsecurity then ' enabled' else '' end
        || case when c.relforcerowsecurity then ' forced' else '' end as line
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'vouchsafe' and c.relkind = 'r' order by 1`,
    await sql<Line[]>`
      select 'grant ' || string_agg(lower(privilege_type), ', ' order by privilege_type) || ' on ' || table_name || ' to ' || grantee as line
      from information_schema.role_table_grants
      where table_schema = 'vouchsafe' and grantee in ('vouchsafe_app', 'vouchsafe_feed', 'PUBLIC')
      group by table_name, grantee order by table_name, grantee`,
    await sql<Line[]>`
      select pg_get_triggerdef(t.oid) as line from pg_trigger t join pg_class r on r.oid = t.tgrelid
      join pg_namespace n on n.oid = r.relnamespace where n.nspname = 'vouchsafe' and not t.tgisinternal order by 1`,
    await sql<Line[]>`
      select 'execute ' || p.proname || ' by ' || coalesce(string_agg(g.grantee::regrole::text, ', ' order by g.grantee::regrole::text), '') as line
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      left join lateral aclexplode(p.proacl) g on g.grantee <> p.proowner
      where n.nspname = 'vouchsafe' group by p.oid, p.proname order by 1`,
    await sql<Line[]>`
      select pg_get_functiondef(p.oid) as line from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'vouchsafe' order by p.proname`,
  ]
  return `${sections.map((lines) => lines.map(({ line }) => line.trimEnd()).join('\n')).join('\n\n')}\n`
}

type Line = { readonly line: string }
