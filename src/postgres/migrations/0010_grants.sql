-- Trials that a plan knows, a subject brought in line, and what the systems before this one read, as views.
do $$
begin
  -- A database that has a schema of this name keeps its own: the same views are in vouchsafe, named core_….
  if to_regnamespace('core') is null then
    create schema core authorization vouchsafe_owner;
  end if;
end $$;

set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

alter table plans add column trial_days integer check (trial_days between 1 and 730);

-- When its terms were changed last; its other times say the rest.
alter table grants add column updated_at instant;

-- By a name alone, as the flat view is read.
create index identities_sub on identities (tenant_id, sub);

-- That somebody asked for it, so that the audit has it even where nothing was to be done.
create table reconciliations (
  tenant_id uuid not null references tenants,
  id uuid not null,
  subject_id uuid not null,
  at instant not null,
  asked_by text not null default '',
  changed integer not null default 0 check (changed >= 0),
  live integer not null default 0 check (live >= 0),
  billing_asked boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id)
);
alter table reconciliations enable row level security;
alter table reconciliations force row level security;
create policy tenant on reconciliations to vouchsafe_app, vouchsafe_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy feed on reconciliations for select to vouchsafe_feed using (true);
revoke all on reconciliations from public;
grant select on reconciliations to vouchsafe_app, vouchsafe_feed;
grant insert on reconciliations to vouchsafe_app;
create trigger record_insert after insert on reconciliations referencing new table as new_rows
  for each statement execute function record_effects('tenant_id', 'id');
create trigger record_update after update on reconciliations referencing old table as old_rows new table as new_rows
  for each statement execute function record_effects('tenant_id', 'id');
create trigger record_delete after delete on reconciliations referencing old table as old_rows
  for each statement execute function record_effects('tenant_id', 'id');

-- Every view runs with the rights of whoever reads it, so row security holds.

-- Which entitlements an entitlement gives: itself, and the families that its key matches, and theirs.
create view entitlement_gives with (security_invoker = true) as
  with recursive gives (tenant_id, giver_id, entitlement_id) as (
    select tenant_id, id, id from entitlements where archived_at is null
    union
    select g.tenant_id, g.giver_id, f.entitlement_id
    from gives g
    join entitlements e on e.tenant_id = g.tenant_id and e.id = g.entitlement_id
    join entitlement_families f on f.tenant_id = e.tenant_id and starts_with(e.key::text, rtrim(f.pattern, '*'))
    join entitlements family on family.tenant_id = f.tenant_id and family.id = f.entitlement_id and family.archived_at is null
  )
  select tenant_id, giver_id, entitlement_id from gives;

-- Which entitlements a grant gives or withholds, plans expanded.
create view grant_entitlements with (security_invoker = true) as
  select g.tenant_id, g.id as grant_id, given.entitlement_id
  from grants g
  cross join lateral (
    select distinct x.entitlement_id
    from (
      select g.entitlement_id as id
      union all
      select i.entitlement_id from plan_items i where i.tenant_id = g.tenant_id and i.plan_version_id = g.plan_version_id
    ) target
    join entitlement_gives x on x.tenant_id = g.tenant_id and x.giver_id = target.id
  ) given;

-- What each person has or had by grants of their own, one row for each grant and entitlement. Whoever reads it knows no
-- future starts, no read-only access, no denials and no days of grace: such rows say canceled, or are not there yet.
create view subject_entitlements with (security_invoker = true) as
  select i.sub as user_id, e.key::text as entitlement,
    case
      when g.revoked_at is not null or g.ends_at <= now() or g.access <> 'full'
        or g.past_due_at + make_interval(days => t.grace_days) <= now() or exists (
          select from grants d
          join grant_entitlements withheld on withheld.tenant_id = d.tenant_id and withheld.grant_id = d.id
          where d.tenant_id = g.tenant_id and d.subject_id = g.subject_id and d.effect = 'deny' and d.revoked_at is null
            and d.starts_at <= now() and (d.ends_at is null or d.ends_at > now())
            and (d.module is null or d.module = g.module)
            and (d.scope_organization_id is null or d.scope_organization_id = g.scope_organization_id)
            and withheld.entitlement_id = e.id
        ) then 'canceled'
      when g.past_due_at is not null then 'past_due'
      else 'active'
    end as status,
    g.starts_at::timestamptz as starts_at, least(g.ends_at, g.revoked_at)::timestamptz as ends_at, g.source,
    g.source_ref::text as source_ref,
    greatest(g.granted_at, g.updated_at, g.past_due_at, g.revoked_at)::timestamptz as updated_at,
    i.iss::text as issuer, g.tenant_id, g.subject_id, g.id as grant_id, g.module::text as module, g.access
  from identities i
  join subjects s on s.tenant_id = i.tenant_id and s.id = i.subject_id and s.deleted_at is null
  join tenants t on t.tenant_id = i.tenant_id
  join grants g on g.tenant_id = i.tenant_id and g.subject_id = i.subject_id
  join grant_entitlements x on x.tenant_id = g.tenant_id and x.grant_id = g.id
  join entitlements e on e.tenant_id = x.tenant_id and e.id = x.entitlement_id
  where g.effect <> 'deny' and g.starts_at <= now();

create view core_entitlements with (security_invoker = true) as
  select e.id, e.key::text as name, e.name as display_name,
    jsonb_build_object('kind', e.kind, 'combine', e.combine,
      'content', (select coalesce(jsonb_agg(r.key order by r.key), '[]') from resources r
        where r.tenant_id = e.tenant_id and r.entitlement_id = e.id and r.kind = 'content'),
      'navigation', (select coalesce(jsonb_agg(r.key order by r.key), '[]') from resources r
        where r.tenant_id = e.tenant_id and r.entitlement_id = e.id and r.kind = 'navigation')) as features,
    jsonb_strip_nulls(jsonb_build_object('unit', e.unit, 'plans', (
      select jsonb_object_agg(newest.key, newest.value) from (
        select distinct on (p.key) p.key::text as key, i.value from plans p
        join plan_versions v on v.tenant_id = p.tenant_id and v.plan_id = p.id and v.status = 'published'
        join plan_items i on i.tenant_id = v.tenant_id and i.plan_version_id = v.id and i.entitlement_id = e.id
        where p.tenant_id = e.tenant_id and i.value is not null
          and v.n = (select max(n) from plan_versions n where n.tenant_id = p.tenant_id and n.plan_id = p.id and n.status = 'published')
        order by p.key
      ) newest))) as limits,
    jsonb_strip_nulls(jsonb_build_object('requires', to_jsonb(e.requires), 'requires_facts', to_jsonb(e.requires_facts),
      'attributes', e.attributes, 'experiment', e.experiment, 'deny_as', e.deny_as)) as access_rules,
    e.archived_at is null as active, t.key::text as tenant_key,
    (select coalesce(jsonb_agg(jsonb_build_object('match', m.match, 'id', m.external_id) order by m.external_id), '[]')
      from price_mappings m where m.tenant_id = e.tenant_id and m.entitlement_id = e.id) as prices,
    null::text as currency, e.tenant_id
  from entitlements e join tenants t on t.tenant_id = e.tenant_id;

-- `active` is true of at most one row for a user and an entitlement: the one that lasts longest.
create view core_user_entitlements with (security_invoker = true) as
  select id, user_id, entitlement_id, entitlement, org_entitlement_id, granted_at, starts_at, expires_at, revoked_at, granted_by,
    grant_reason, revoke_reason, null::timestamptz as first_used_at, null::timestamptz as last_used_at,
    null::bigint as usage_count, source, source_ref, access, module,
    live and row_number() over (partition by tenant_id, user_id, entitlement_id
      order by live desc, expires_at desc nulls first, granted_at, id, org_entitlement_id) = 1 as active,
    tenant_id
  from (
    select held.*, e.key::text as entitlement, access = 'full' and revoked_at is null and starts_at <= now()
      and (expires_at is null or expires_at > now()) as live
    from (
      select g.tenant_id, g.id, g.subject_id as user_id, x.entitlement_id, null::uuid as org_entitlement_id,
        g.granted_at::timestamptz as granted_at, g.starts_at::timestamptz as starts_at,
        g.ends_at::timestamptz as expires_at, g.revoked_at::timestamptz as revoked_at, g.granted_by,
        g.reason as grant_reason, g.revoke_reason, g.source, g.source_ref::text as source_ref, g.access, g.module::text as module
      from grants g
      join grant_entitlements x on x.tenant_id = g.tenant_id and x.grant_id = g.id
      where g.subject_id is not null and g.effect <> 'deny'
      union all
      select g.tenant_id, s.id, s.subject_id, x.entitlement_id, g.id,
        s.assigned_at, greatest(s.assigned_at, g.starts_at), g.ends_at, least(s.released_at, g.revoked_at), s.assigned_by,
        g.reason, g.revoke_reason, g.source, g.source_ref::text, g.access, g.module::text
      from seats s
      join grants g on g.tenant_id = s.tenant_id and g.pool_id = s.pool_id and g.effect <> 'deny'
      join grant_entitlements x on x.tenant_id = g.tenant_id and x.grant_id = g.id
    ) held
    join entitlements e on e.tenant_id = held.tenant_id and e.id = held.entitlement_id
  ) judged;

-- The seats of a pool fill its purchases one after the other, so none shows more than it has.
create view core_org_entitlements with (security_invoker = true) as
  select g.id, g.organization_id, o.key::text as organization, x.entitlement_id, e.key::text as entitlement, g.quantity,
    case when g.pool_id is null then null
      when not g.live or g.after_unlimited then 0
      else greatest(0, least(coalesce(g.quantity, g.held), g.held - g.before)) end as allocated,
    g.ends_at::timestamptz as expires_at, case when g.source = 'stripe' then null else false end as auto_renew,
    case when g.revoked_at is not null then 'canceled' when g.ends_at <= now() then 'expired'
      when g.starts_at > now() then 'pending' when g.past_due_at is not null then 'past_due' else 'active' end as status,
    g.starts_at::timestamptz as starts_at, g.revoked_at::timestamptz as revoked_at, g.source,
    g.source_ref::text as source_ref, g.tenant_id
  from (
    select counted.*,
      coalesce(sum(quantity) filter (where live) over earlier, 0)::bigint as before,
      coalesce(bool_or(live and quantity is null) over earlier, false) as after_unlimited
    from (
      select g.*, g.revoked_at is null and g.starts_at <= now() and (g.ends_at is null or g.ends_at > now()) as live,
        (select count(*) from seats s where s.tenant_id = g.tenant_id and s.pool_id = g.pool_id and s.released_at is null) as held
      from grants g where g.organization_id is not null and g.effect <> 'deny'
    ) counted
    window earlier as (partition by tenant_id, pool_id order by starts_at, id rows between unbounded preceding and 1 preceding)
  ) g
  join organizations o on o.tenant_id = g.tenant_id and o.id = g.organization_id
  join grant_entitlements x on x.tenant_id = g.tenant_id and x.grant_id = g.id
  join entitlements e on e.tenant_id = x.tenant_id and e.id = x.entitlement_id;

-- Who did what to whose entitlements, and what was there before. Erased images are null.
create view core_entitlement_audit_log with (security_invoker = true) as
  select c.revision || '-' || e.ordinal as id, c.revision, c.at::timestamptz as created_at, c.actor, c.action, c.reason, c.cause,
    e.table_name as entity, e.key as entity_key, e.op,
    (select p.after from effect p
      join change pc on pc.tenant_id = p.tenant_id and pc.epoch = p.epoch and pc.xid = p.xid
      where p.tenant_id = e.tenant_id and p.table_name = e.table_name and effect_row(p.key) = effect_row(e.key) and p.key = e.key
        and (pc.revision, p.ordinal) < (c.revision, e.ordinal)
      order by pc.revision desc, p.ordinal desc limit 1) as before,
    e.after, (e.after ->> 'subject_id')::uuid as user_id, (e.after ->> 'organization_id')::uuid as organization_id,
    (e.after ->> 'entitlement_id')::uuid as entitlement_id, e.tenant_id
  from change c
  join effect e on e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid
  where e.table_name in ('grants', 'seats', 'seat_pools', 'entitlements', 'entitlement_families', 'products', 'plans',
    'plan_versions', 'plan_items', 'price_mappings', 'delegations', 'trial_uses', 'reconciliations');

grant select on entitlement_gives, grant_entitlements, subject_entitlements, core_entitlements, core_user_entitlements,
  core_org_entitlements, core_entitlement_audit_log to vouchsafe_app;

do $$
declare
  name text;
begin
  if (select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'core') is distinct from 'vouchsafe_owner' then
    return;
  end if;
  revoke all on schema core from public;
  grant usage on schema core to vouchsafe_app;
  foreach name in array array['entitlements', 'user_entitlements', 'org_entitlements', 'entitlement_audit_log'] loop
    execute format('create view core.%I with (security_invoker = true) as select * from vouchsafe.%I', name, 'core_' || name);
    execute format('grant select on core.%I to vouchsafe_app', name);
  end loop;
end $$;

reset role;
