-- What an import writes, by the thousand: that what rows refer to is there is looked up once for all of them, and kept
-- there by the same locks as a foreign key's. The foreign keys stay, and hold for whatever else is written. Where whoever
-- migrates may let the owner switch off that they look for each row again, these two functions do: a third of what
-- an import takes.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- Fails as a foreign key does where one of them is not there.
create function hold_referred(name text, key text, ids anyarray) returns void language plpgsql
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  wanted ids%type := array(select distinct id from unnest(ids) id where id is not null);
  there integer;
begin
  if cardinality(wanted) = 0 then return; end if;
  execute format('select count(*) from (select from %I where tenant_id = $1 and %I = any ($2) for key share) held', name, key)
    into there using current_tenant(), wanted;
  if there <> cardinality(wanted) then
    raise exception 'a row of % that is referred to does not exist', name using errcode = 'foreign_key_violation';
  end if;
end $$;

-- People whom nobody has seen yet.
create function import_people(ids uuid[], issuers text[], subs text[], emails text[]) returns void
  language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp as $$
begin
  perform hold_referred('tenants', 'tenant_id', array[current_tenant()]);
  insert into subjects (tenant_id, id) select current_tenant(), unnest(ids);
  insert into identities (tenant_id, iss, sub, subject_id, email)
    select current_tenant(), w.iss, w.sub, w.id, w.email from unnest(issuers, subs, ids, emails) w (iss, sub, id, email);
end $$;

-- Rights of people and organizations; times in ms, values as JSON. Gives the number of those that were not there: of
-- `new` holders none can be, and it is not looked for.
create function import_rights(ids uuid[], subject_ids uuid[], organization_ids uuid[], entitlement_ids uuid[], product_ids uuid[],
    plan_version_ids uuid[], modules text[], accesses text[], vals text[], sources text[], refs text[], reasons text[],
    starts bigint[], ends bigint[], at timestamptz, new boolean) returns integer
  language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  added integer;
begin
  perform hold_referred('subjects', 'id', subject_ids);
  perform hold_referred('organizations', 'id', organization_ids);
  perform hold_referred('entitlements', 'id', entitlement_ids);
  perform hold_referred('products', 'id', product_ids);
  perform hold_referred('plan_versions', 'id', plan_version_ids);
  perform hold_referred('modules', 'key', modules);
  execute format($insert$
    insert into grants (tenant_id, id, subject_id, organization_id, entitlement_id, product_id, plan_version_id, module, access,
        value, source, source_ref, reason, starts_at, ends_at, granted_by, granted_at)
      select current_tenant(), r.id, r.subject_id, r.organization_id, r.entitlement_id, r.product_id, r.plan_version_id, r.module, r.access,
        r.value::jsonb, r.source, r.source_ref, r.reason, 'epoch'::timestamptz + r.starts * interval '1 ms',
        'epoch'::timestamptz + r.ends * interval '1 ms', 'import', $15
      from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) r (id, subject_id, organization_id, entitlement_id,
        product_id, plan_version_id, module, access, value, source, source_ref, reason, starts, ends)
      %s$insert$, case when not new then 'on conflict do nothing' end)
    using ids, subject_ids, organization_ids, entitlement_ids, product_ids, plan_version_ids, modules, accesses, vals, sources, refs,
      reasons, starts, ends, at;
  get diagnostics added = row_count;
  return added;
end $$;
revoke all on function hold_referred(text, text, anyarray), import_people(uuid[], text[], text[], text[]),
  import_rights(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean)
  from public;
grant execute on function import_people(uuid[], text[], text[], text[]),
  import_rights(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean)
  to vouchsafe_app;

-- What is switched off there are all triggers but these: that rows are recorded, and that what is recorded is sealed.
alter table subjects enable always trigger record_insert;
alter table identities enable always trigger record_insert;
alter table grants enable always trigger record_insert;
-- On a new database it has yet to look at what the migrations before wrote.
set constraints sealed_at_commit immediate;
alter table open_transaction enable always trigger sealed_at_commit;
set constraints sealed_at_commit deferred;

reset role;
do $$
begin
  grant set on parameter session_replication_role to vouchsafe_owner;
  set local role vouchsafe_owner;
  alter function vouchsafe.import_people(uuid[], text[], text[], text[]) set session_replication_role = replica;
  alter function vouchsafe.import_rights(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean)
    set session_replication_role = replica;
exception when insufficient_privilege then
  -- Then the foreign keys look for each row as well.
  null;
end $$;
reset role;
