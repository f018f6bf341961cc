-- Row security on every table, forced, so that not even the owner sees two tenants at once.
-- An unset tenant means no rows, not an error. The feed reads all tenants and can write nothing.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

do $$
declare
  name text;
begin
  for name in select tablename from pg_tables where schemaname = 'vouchsafe' order by tablename loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant on %I to vouchsafe_app, vouchsafe_owner '
      'using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid) '
      'with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    execute format('revoke all on %I from public', name);
  end loop;
end $$;

do $$
declare
  name text;
begin
  foreach name in array array[
    'tenants', 'modules', 'issuers', 'issuer_audiences', 'subjects', 'identities', 'organizations', 'organization_members',
    'callers', 'caller_keys', 'entitlements', 'entitlement_families', 'products', 'product_entitlements', 'resources',
    'plans', 'plan_versions', 'plan_items', 'seat_pools', 'seats', 'grants', 'facts', 'experiment_assignments',
    'head', 'change', 'effect'
  ] loop
    execute format('create policy feed on %I for select to vouchsafe_feed using (true)', name);
    execute format('grant select on %I to vouchsafe_app, vouchsafe_feed', name);
  end loop;
end $$;

-- What has been given stays on record: a grant, a seat, a subject is ended, not deleted.
grant insert, update on tenants, subjects, seats, grants to vouchsafe_app;
grant insert, update, delete on
  modules, issuers, identities, organizations, organization_members, callers, caller_keys, entitlements,
  entitlement_families, products, product_entitlements, resources, plans, plan_versions, plan_items, seat_pools,
  facts, experiment_assignments
  to vouchsafe_app;
grant select, insert, delete on operations to vouchsafe_app;

revoke all on all functions in schema vouchsafe from public;
grant execute on function seal(text, text, text, text) to vouchsafe_app;

reset role;
