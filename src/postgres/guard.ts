import { DatabaseRefused } from './database-refused.ts'
import type { Sql } from './pool.ts'

/**
 * Refuses to start where row security would not hold: names each reason. The login role may be what it likes;
 * the roles that transactions take must not own, bypass or create anything.
 */
export async function guardRoles(sql: Sql): Promise<void> {
  const reasons = [...(await roleFaults(sql)), ...(await tableFaults(sql))]
  if (reasons.length === 0) return
  throw new DatabaseRefused(
    'unfit',
    `Row security would not hold, so the server does not start: ${reasons.join('; ')}.`,
  )
}

async function roleFaults(sql: Sql): Promise<readonly string[]> {
  const roles = await sql<
    { role: string; superuser: boolean; bypass: boolean; owner: boolean; creates: string[] }[]
  >`
    select r.rolname as role,
      bool_or(reach.rolsuper) as superuser,
      bool_or(reach.rolbypassrls) as bypass,
      exists (
        select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'vouchsafe' and pg_has_role(r.oid, c.relowner, 'member')
      ) or exists (
        select from pg_namespace n where n.nspname = 'vouchsafe' and pg_has_role(r.oid, n.nspowner, 'member')
      ) as owner,
      array(
        select n.nspname::text from pg_namespace n
        where n.nspname !~ '^pg_(toast_)?temp' and has_schema_privilege(r.oid, n.oid, 'create')
      ) as creates
    from pg_roles r join pg_roles reach on pg_has_role(r.oid, reach.oid, 'member')
    where r.rolname in ('vouchsafe_app', 'vouchsafe_feed')
    group by r.oid, r.rolname`
  const missing = ['vouchsafe_app', 'vouchsafe_feed'].filter((name) => !roles.some((r) => r.role === name))
  return [
    ...missing.map((name) => `the role ${name} does not exist`),
    ...roles.flatMap(({ role, superuser, bypass, owner, creates }) => [
      ...(superuser ? [`${role} is, or may become, a superuser`] : []),
      ...(bypass ? [`${role} has, or may take, BYPASSRLS`] : []),
      ...(owner ? [`${role} owns, or may act as the owner of, the tables`] : []),
      ...creates.map((schema) => `${role} may create in schema ${schema}`),
    ]),
  ]
}

async function tableFaults(sql: Sql): Promise<readonly string[]> {
  const tables = await sql<{ name: string }[]>`
    select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vouchsafe' and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
    order by 1`
  const views = await sql<{ name: string }[]>`
    select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vouchsafe' and (c.relkind = 'm' or c.relkind = 'v'
      and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on'], false))
    order by 1`
  return [
    ...tables.map(({ name }) => `row security is not enabled and forced on ${name}`),
    ...views.map(({ name }) => `the view ${name} reads with its owner's rights`),
  ]
}
