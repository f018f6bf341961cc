-- Reading history by row and by holder, and erasing a person from it.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- These pin no search path, or they would be called for each row instead of being written into the statement.
-- The first part of a row's key, and whom or what the row is about: both mostly ids that grow with time, so that the
-- indexes on them grow at their ends.
create function effect_row(key jsonb) returns text language sql immutable as $$
  select coalesce(key ->> 'id', key ->> 'organization_id', key ->> 'subject_id', key ->> 'product_id',
    key ->> 'entitlement_id', key ->> 'sub', key ->> 'key', '')
$$;
create function effect_holder(table_name text, key jsonb, after jsonb) returns text language sql immutable as $$
  select coalesce(after ->> 'subject_id', key ->> 'subject_id', after ->> 'organization_id',
    case when table_name in ('subjects', 'organizations') then key ->> 'id' end)
$$;
-- The rows that there are most of are found by whom they are about, who never changes; one index is enough for them.
create function known_by_holder(table_name text) returns boolean language sql immutable as $$
  select table_name in ('subjects', 'grants', 'facts', 'experiment_assignments')
$$;
create index effect_row on effect (tenant_id, table_name, effect_row(key)) where not known_by_holder(table_name);
create index effect_holder on effect (tenant_id, effect_holder(table_name, key, after))
  where effect_holder(table_name, key, after) is not null;
create index change_at on change (tenant_id, at, revision);

-- Whether a text says one of these names as a word. Short names stand in too many words to be looked for.
create function says_name(said text, names text[]) returns boolean language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from unnest(names) name
    where length(name) >= 5 and strpos(lower(said), lower(name)) > 0
      and lower(said) ~ ('(^|[^[:alnum:]])' || regexp_replace(lower(name), '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]])')
  )
$$;

-- Takes a person's names out of the tenant of the transaction, whose rows are all that the owner sees. What named them
-- in the history loses its image, its salt and, where the key says who, its key; the hash stays, so the chain still
-- proves the rest. The last thing before the seal: what the same transaction recorded is erased with it.
-- Gives back the columns that still say a name.
create function erase_subject(erased uuid, out effects integer, out headers integer, out remaining text[])
  language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  tenant uuid := current_tenant();
  names text[];
  found boolean;
  place record;
begin
  if tenant is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  select coalesce(array_agg(distinct name), '{}') into names from (
    select unnest(array[sub, email]) as name from identities where tenant_id = tenant and subject_id = erased
    union all
    select unnest(array[e.after ->> 'sub', e.after ->> 'email']) from effect e
      where e.tenant_id = tenant and effect_holder(e.table_name, e.key, e.after) = erased::text and e.table_name = 'identities'
  ) said where name <> '';
  delete from identities where tenant_id = tenant and subject_id = erased;
  delete from facts where tenant_id = tenant and subject_id = erased;
  delete from experiment_assignments where tenant_id = tenant and subject_id = erased;
  delete from operations where tenant_id = tenant and says_name(response::text, names);
  update grants set reason = '', revoke_reason = case when revoke_reason is null then null else '' end, metadata = '{}'
    where tenant_id = tenant and (subject_id = erased or says_name(reason, names) or says_name(revoke_reason, names)
      or says_name(metadata::text, names));
  update callers set name = 'erased' where tenant_id = tenant and (subject_id = erased or says_name(name, names));

  perform set_config('app.history', 'erase', true);
  with named as (
    select e.epoch, e.xid, e.ordinal from effect e
      where e.tenant_id = tenant and effect_holder(e.table_name, e.key, e.after) = erased::text
    union
    select e.epoch, e.xid, e.ordinal from effect e
      where e.tenant_id = tenant and e.table_name = 'identities' and effect_row(e.key) = any (names)
        and not exists (select from identities i where i.tenant_id = tenant and i.iss = e.key ->> 'iss' and i.sub = e.key ->> 'sub')
    union
    select e.epoch, e.xid, e.ordinal from effect e where e.tenant_id = tenant and says_name(e.after::text, names)
  )
  update effect e set after = null, salt = null,
      key = case when e.table_name in ('identities', 'facts', 'experiment_assignments') then '{}' else e.key end
    from named n where e.tenant_id = tenant and e.epoch = n.epoch and e.xid = n.xid and e.ordinal = n.ordinal;
  get diagnostics effects = row_count;
  update change c set header_salt = null, actor = null, reason = null, cause = null
    where c.tenant_id = tenant and (says_name(c.actor, names) or says_name(c.reason, names) or says_name(c.cause, names));
  get diagnostics headers = row_count;
  perform set_config('app.history', '', true);

  remaining := '{}';
  for place in
    select c.table_name, c.column_name from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'vouchsafe' and t.table_type = 'BASE TABLE' and (c.data_type in ('text', 'jsonb') or c.data_type = 'ARRAY')
      and c.table_name <> 'open_transaction'
      and exists (select from information_schema.columns k where k.table_schema = 'vouchsafe' and k.table_name = c.table_name and k.column_name = 'tenant_id')
    order by 1, 2
  loop
    execute format('select exists (select from %I where tenant_id = $1 and says_name(%I::text, $2))', place.table_name, place.column_name)
      into found using tenant, names;
    if found then remaining := remaining || (place.table_name || '.' || place.column_name); end if;
  end loop;
end $$;
revoke all on function effect_row(jsonb), effect_holder(text, jsonb, jsonb), known_by_holder(text), says_name(text, text[]), erase_subject(uuid) from public;
grant execute on function effect_row(jsonb), effect_holder(text, jsonb, jsonb), known_by_holder(text) to vouchsafe_app, vouchsafe_feed;
grant execute on function erase_subject(uuid) to vouchsafe_app;

reset role;
