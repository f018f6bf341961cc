-- Erasing short names from free texts, and the flat view with one row for each person and entitlement.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- What people wrote into a row or an answer: reasons, and whatever was kept with a grant.
create function free_texts(document jsonb) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select string_agg(said #>> '{}', E'\n') from (
    select jsonb_path_query(document, '$.**.reason')
    union all select jsonb_path_query(document, '$.**.revoke_reason')
    union all select jsonb_path_query(document, '$.**.metadata')
  ) texts (said)
$$;

-- Whether a free text says one of these names as a word of its own, not as a part of a key such as docs_paid.
create function says_short_name(said text, names text[]) returns boolean language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from unnest(names) name
    where strpos(lower(said), lower(name)) > 0
      and lower(said) ~ ('(^|[^[:alnum:]_])' || regexp_replace(lower(name), '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]_])')
  )
$$;

-- As before; names of three and four characters with a letter among them are looked for too, but in free texts alone:
-- in a whole row they stand for keys, values and other people. Shorter ones, and numbers, say nothing by themselves.
create or replace function erase_subject(erased uuid, out effects integer, out headers integer, out remaining text[])
  language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  tenant uuid := current_tenant();
  names text[];
  short text[];
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
  select coalesce(array_agg(name), '{}') into short from unnest(names) name
    where length(name) between 3 and 4 and name ~ '[[:alpha:]]';
  delete from identities where tenant_id = tenant and subject_id = erased;
  delete from facts where tenant_id = tenant and subject_id = erased;
  delete from experiment_assignments where tenant_id = tenant and subject_id = erased;
  delete from operations where tenant_id = tenant and (says_name(response::text, names) or says_short_name(free_texts(response), short));
  update grants set reason = '', revoke_reason = case when revoke_reason is null then null else '' end, metadata = '{}'
    where tenant_id = tenant and (subject_id = erased or says_name(reason, names) or says_name(revoke_reason, names)
      or says_name(metadata::text, names) or says_short_name(concat_ws(' ', reason, revoke_reason, metadata::text), short));
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
    union
    select e.epoch, e.xid, e.ordinal from effect e
      where cardinality(short) > 0 and e.tenant_id = tenant and says_short_name(free_texts(e.after), short)
  )
  update effect e set after = null, salt = null,
      key = case when e.table_name in ('identities', 'facts', 'experiment_assignments') then '{}' else e.key end
    from named n where e.tenant_id = tenant and e.epoch = n.epoch and e.xid = n.xid and e.ordinal = n.ordinal;
  get diagnostics effects = row_count;
  update change c set header_salt = null, actor = null, reason = null, cause = null
    where c.tenant_id = tenant and (says_name(c.actor, names) or says_name(c.reason, names) or says_name(c.cause, names)
      or says_short_name(c.reason, short));
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
revoke all on function free_texts(jsonb), says_short_name(text, text[]) from public;

-- One row for each person and entitlement, for readers who know one source: the row that says most for them, as
-- subject_entitlements has it, and of how many grants it is the best.
create view flat_entitlements with (security_invoker = true) as
  select distinct on (tenant_id, issuer, user_id, entitlement) *,
    count(*) over (partition by tenant_id, issuer, user_id, entitlement)::integer as grants
  from subject_entitlements
  order by tenant_id, issuer, user_id, entitlement,
    case status when 'active' then 0 when 'past_due' then 1 else 2 end, ends_at desc nulls first, updated_at desc, grant_id;
revoke all on flat_entitlements from public;
grant select on flat_entitlements to vouchsafe_app;

reset role;
