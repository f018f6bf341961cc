-- Whose a name is, is recorded in packs too: an identity cost as much as five rights. History is also asked for by a name, so a
-- pack of identities says four bytes of each name, which tell the few packs that are to be read.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- Of identities: the mark of each row's name. Zeros where the line is gone.
alter table effect_pack add marks bytea;
alter table effect_pack alter column marks set storage external;
create index effect_pack_marks on effect_pack (tenant_id) where marks is not null;

-- The same bytes as src/postgres/stored-effects.ts. It pins no search path, as packed_key.
create function name_mark(name text) returns bytea language sql immutable strict as $$
  select pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(name, 'UTF8')), 1, 4)
$$;

create or replace function usual_column(table_name text, name text, said jsonb) returns boolean language sql immutable as $$
  select case when said = 'null' then false when name = 'tenant_id' then true
    when table_name = 'subjects' then name in ('kind', 'created_at')
    when table_name = 'identities' then name = 'iss'
    when table_name <> 'grants' then false
    when name = 'metadata' then said = '{}'
    else name in ('effect', 'access', 'source', 'source_ref', 'entitlement_id', 'product_id', 'plan_version_id', 'module', 'starts_at', 'ends_at',
      'granted_by', 'granted_at') end
$$;

create or replace function packed_key(table_name text, image jsonb) returns jsonb language sql immutable as $$
  select case table_name
    when 'facts' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'subject_id', image -> 'subject_id', 'key', image -> 'key')
    when 'experiment_assignments' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'subject_id', image -> 'subject_id',
      'experiment', image -> 'experiment')
    when 'identities' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'iss', image -> 'iss', 'sub', image -> 'sub')
    else pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'id', image -> 'id')
  end
$$;

create or replace view packed_effect with (security_invoker = true) as
  select p.tenant_id, p.epoch, p.xid, p.ordinal + n - 1 as ordinal, p.table_name, 'insert' as op,
    case when image = '{}' then image else packed_key(p.table_name, once.blank || image) end as key,
    case when salt <> decode('00000000000000000000000000000000', 'hex') then once.blank || image end as after,
    nullif(salt, decode('00000000000000000000000000000000', 'hex')) as salt,
    hash, p.holders[n] as holder, p.first_holder, p.last_holder, p.ordinal as pack, n, p.marks
  from effect_pack p
  -- Read once, not for each row.
  cross join lateral (select p.salts || '' as salts, p.hashes || '' as hashes, p.blank::jsonb as blank offset 0) once
  cross join lateral (
    select l.line::jsonb as image, l.n::integer as n, substr(once.salts, l.n::integer * 16 - 15, 16) as salt,
      substr(once.hashes, l.n::integer * 32 - 31, 32) as hash
    from string_to_table(p.images, E'\n') with ordinality l (line, n) where l.line <> '' offset 0
  ) row;

-- What history has about a name, whosever it was: of packs, and all of it.
create function packed_named(tenant uuid, name text) returns setof packed_effect language sql stable as $$
  select * from vouchsafe.packed_effect p where p.tenant_id = packed_named.tenant and p.marks is not null
    and pg_catalog."position"(p.marks, vouchsafe.name_mark(packed_named.name)) > 0 and p.key ->> 'sub' = packed_named.name
$$;
create function effects_named(tenant uuid, name text) returns setof effects language sql stable as $$
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash from vouchsafe.effect e
  where e.tenant_id = effects_named.tenant and e.table_name = 'identities' and not vouchsafe.known_by_holder(e.table_name)
    and vouchsafe.effect_row(e.key) = effects_named.name
  union all
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash
  from vouchsafe.packed_named(effects_named.tenant, effects_named.name)
$$;
revoke all on function name_mark(text), packed_named(uuid, text), effects_named(uuid, text) from public;
grant execute on function name_mark(text), packed_named(uuid, text), effects_named(uuid, text) to vouchsafe_app, vouchsafe_feed;

-- A line that is erased or pruned leaves no mark of its name, whoever takes it away.
create function forget_marks() returns trigger language plpgsql set search_path = pg_catalog, vouchsafe, pg_temp as $$
begin
  select string_agg(case when line in ('', '{}') then '\x00000000' else substr(new.marks, n::integer * 4 - 3, 4) end, '' order by n)
    into new.marks from string_to_table(new.images, E'\n') with ordinality l (line, n);
  return new;
end $$;
revoke all on function forget_marks() from public;
create trigger forget_marks before update of images on effect_pack for each row when (new.marks is not null) execute function forget_marks();

-- As before, of identities too, and with fewer copies of each line.
create or replace function record_effects() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  columns text[] := tg_argv;
  what text := lower(tg_op);
  done bytea := framed(convert_to(tg_table_name, 'UTF8')) || framed(convert_to(what, 'UTF8'));
  opened open_transaction;
  written integer;
  usuals jsonb;
  types jsonb;
  evenness text;
  uneven text[];
  blank text;
  rares text[];
  lines text;
  -- A column of every key that says a row's name, and is never null.
  id text := case when tg_table_name in ('subjects', 'grants') then 'id' else 'subject_id' end;
begin
  if tg_op = 'UPDATE' then
    if exists (
      select row_key(columns, image) from (select to_jsonb(old_row) as image from old_rows old_row offset 0) before
      except
      select row_key(columns, image) from (select to_jsonb(new_row) as image from new_rows new_row offset 0) after
    ) then
      raise exception 'the key of a row in % never changes', tg_table_name using errcode = 'VS004';
    end if;
    -- A row that was written with what it held already is no effect.
    if not exists (
      select to_jsonb(new_row) from new_rows new_row except select to_jsonb(old_row) from old_rows old_row
    ) then return null; end if;
    opened := open_for_writing();
    insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
      select (image ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, what, key, image,
        salt, recorded_hash(salt, done, key_text, image_text)
      from (
        select row_number() over () as n, image, key, uuid_send(gen_random_uuid()) as salt,
          convert_to(key::text, 'UTF8') as key_text, convert_to(image::text, 'UTF8') as image_text
        from (
          select image, row_key(columns, image) as key from (
            select to_jsonb(new_row) as image from new_rows new_row except select to_jsonb(old_row) from old_rows old_row
          ) changed offset 0
        ) keyed
      ) rows;
    get diagnostics written = row_count;
  elsif tg_op = 'INSERT' then
    select count(*) into written from new_rows;
    if written = 0 then return null; end if;
    opened := open_for_writing();
    if written >= 100 and (known_by_holder(tg_table_name) or tg_table_name = 'identities') then
      -- What most rows say is said once, as far as the first ones tell, and that the rest is null; a line says what differs.
      -- A text only where all rows say it: a name in it then goes with all of them.
      with there as (
        select a.attnum, a.attname::text as name, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as type
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped
      ), sampled as (
        select to_jsonb(new_row) as image, row_number() over () as n from new_rows new_row limit 20
      ), said as (
        select t.*, case when usual_column(tg_table_name, name, f.image -> name)
          and (select count(*) >= 10 from sampled where sampled.image -> name = f.image -> name) then f.image -> name end as usual,
          (select bool_and(sampled.image -> name = 'null') from sampled) as rare
        from there t cross join sampled f where f.n = 1
      )
      select jsonb_object_agg(name, usual), jsonb_object_agg(name, type), coalesce(array_agg(name) filter (where rare), '{}'),
        'select array_remove(array[' || coalesce(string_agg(format('case when not bool_and(%I is not distinct from %L) then %L end', name, usual #>> '{}', name), ', ')
          filter (where type = 'text' and usual is not null), 'null') || ']::text[], null) from new_rows'
        into usuals, types, rares, evenness from said;
      execute evenness into uneven;
      usuals := usuals || coalesce((select jsonb_object_agg(name, null) from unnest(uneven) name), '{}');
      blank := usuals::text;
      -- What the first ones do not say is asked for at once; a text in a text would be copied twice.
      select concat_ws(', ', string_agg(said, ', ') filter (where not rare), case when cardinality(rares) > 0 then
          format('case when num_nonnulls(%s) > 0 then concat(%s) end', string_agg(quote_ident(name), ', ') filter (where rare),
            string_agg(said, ', ') filter (where rare)) end)
        into lines from (
          select name, name = any (rares) as rare, case
            when usuals ->> name is not null then format('case when %1$I is distinct from %2$L::%3$s then concat(%4$L, coalesce(%5$s::text, %6$L)) end',
              name, usuals ->> name, type, intro, value, 'null')
            when type = 'uuid' then format('case when %1$I is not null then %2$L end, %1$I, case when %1$I is not null then %3$L end', name, intro || '"', '"')
            else format('case when %1$I is not null then %2$L end, %3$s', name, intro, value) end as said
          from jsonb_each_text(types) t (name, type)
          cross join lateral (select format(',"%s":', name) as intro, format(case type when 'jsonb' then '%I' else 'to_json(%I)' end, name) as value) json
          where name <> id
        ) each;
      done := done || framed(sha256(convert_to(blank, 'UTF8')));
      execute format($pack$
        insert into effect_pack (tenant_id, epoch, xid, ordinal, table_name, blank, holders, first_holder, last_holder, salts, hashes, images, marks)
          select $1, $2, $3, $4 + first, $5, $6, holders, (select h from unnest(holders) h order by h limit 1),
            (select h from unnest(holders) h order by h desc limit 1), salts, hashes, images, marks
          from (
            -- In the order in which they come, which is the same for all that is put together here.
            select min(n) as first, array_agg(holder) as holders, string_agg(salt, '') as salts,
              string_agg(sha256('\x00000010'::bytea || salt || $7 || framed(convert_to(line, 'UTF8'))), '') as hashes,
              string_agg(line, E'\n') as images, string_agg(mark, '') as marks
            from (
              select n, holder, substr(sha256($8 || int4send(n)), 1, 16) as salt, line, mark from (
                select row_number() over ()::integer as n, %s as holder, %s as mark, concat('{"%s":"', %I, '"', %s, '}') as line from new_rows
              ) numbered offset 0
            ) rows group by (n - 1) / 1000
          ) packs$pack$,
        case when tg_table_name = 'subjects' then 'id' when tg_table_name = 'grants' then 'coalesce(subject_id, organization_id)'
          else 'subject_id' end,
        case when tg_table_name = 'identities' then 'name_mark(sub)' else 'null::bytea' end, id, id, lines)
        -- The salts come of random bytes that nobody keeps: a tenth of what random bytes for each row take.
        using opened.tenant_id, opened.epoch, opened.xid, opened.effects, tg_table_name, blank, done,
          uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
    else
      insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
        select (image ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, what, key, image,
          salt, recorded_hash(salt, done, key_text, image_text)
        from (
          select row_number() over () as n, image, key, uuid_send(gen_random_uuid()) as salt,
            convert_to(key::text, 'UTF8') as key_text, convert_to(image::text, 'UTF8') as image_text
          from (
            select image, row_key(columns, image) as key
            from (select to_jsonb(new_row) as image from new_rows new_row offset 0) made offset 0
          ) keyed
        ) rows;
    end if;
  else
    if not exists (select from old_rows) then return null; end if;
    opened := open_for_writing();
    insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
      select (key ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, what, key, null,
        salt, recorded_hash(salt, done, key_text, null)
      from (
        select row_number() over () as n, key, uuid_send(gen_random_uuid()) as salt, convert_to(key::text, 'UTF8') as key_text
        from (
          select row_key(columns, image) as key
          from (select to_jsonb(old_row) as image from old_rows old_row offset 0) gone offset 0
        ) keyed
      ) rows;
    get diagnostics written = row_count;
  end if;
  update open_transaction set effects = effects + written where xid = opened.xid;
  return null;
end $$;

-- As before, of identities in packs too.
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
    select unnest(array[e.after ->> 'sub', e.after ->> 'email']) from effects_about(tenant, erased) e where e.table_name = 'identities'
  ) said where name <> '';
  select coalesce(array_agg(name), '{}') into short from unnest(names) name
    where length(name) between 3 and 4 and name ~ '[[:alpha:]]';
  delete from identities where tenant_id = tenant and subject_id = erased;
  delete from facts where tenant_id = tenant and subject_id = erased;
  delete from experiment_assignments where tenant_id = tenant and subject_id = erased;
  delete from operations where tenant_id = tenant and (document_says(response, names) or says_short_name(free_texts(response), short));
  update grants set reason = '', revoke_reason = case when revoke_reason is null then null else '' end, metadata = '{}'
    where tenant_id = tenant and (subject_id = erased or says_name(reason, names) or says_name(revoke_reason, names)
      or document_says(metadata, names) or says_short_name(concat_ws(' ', reason, revoke_reason, metadata::text), short));
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
    select e.epoch, e.xid, e.ordinal from effect e where e.tenant_id = tenant and document_says(e.after, names)
    union
    select e.epoch, e.xid, e.ordinal from effect e
      where cardinality(short) > 0 and e.tenant_id = tenant and says_short_name(free_texts(e.after), short)
  )
  update effect e set after = null, salt = null,
      key = case when e.table_name in ('identities', 'facts', 'experiment_assignments') then '{}' else e.key end
    from named n where e.tenant_id = tenant and e.epoch = n.epoch and e.xid = n.xid and e.ordinal = n.ordinal;
  get diagnostics effects = row_count;
  with named as (
    select p.epoch, p.xid, p.pack, p.n from packed_about(tenant, erased) p where p.salt is not null
    union
    select p.epoch, p.xid, p.pack, p.n from unnest(names) name cross join lateral packed_named(tenant, name) p
      where p.salt is not null and not exists (select from identities i where i.tenant_id = tenant and i.iss = p.key ->> 'iss' and i.sub = name)
    union
    -- Whole packs are looked through first: few say a name at all.
    select r.epoch, r.xid, r.pack, r.n from effect_pack p
      join packed_effect r on r.tenant_id = tenant and r.epoch = p.epoch and r.xid = p.xid and r.pack = p.ordinal
      where p.tenant_id = tenant and r.salt is not null and exists (
        select from unnest(names || short) name where strpos(lower(p.images), lower(as_json_says(name))) > 0 or strpos(lower(p.blank), lower(as_json_says(name))) > 0
      ) and (document_says(r.after, names) or says_short_name(free_texts(r.after), short))
  ), packed as (
    select n.epoch, n.xid, n.pack, array_agg(n.n) as ns, count(*) as rows from named n group by 1, 2, 3
  ), emptied as (
    -- What is said once goes where no row is left that it was said of.
    update effect_pack p set (images, salts, blank) = (
        select string_agg(case when n <> all (k.ns) or line = '' then line
            when p.table_name in ('identities', 'facts', 'experiment_assignments') then '{}'
            else packed_key(p.table_name, p.blank::jsonb || line::jsonb)::text end, E'\n' order by n),
          string_agg(case when n = any (k.ns) then decode('00000000000000000000000000000000', 'hex')
            else substr(p.salts, n::integer * 16 - 15, 16) end, '' order by n),
          case when bool_and(n = any (k.ns) or substr(p.salts, n::integer * 16 - 15, 16) = decode('00000000000000000000000000000000', 'hex'))
            then '{}' else p.blank end
        from string_to_table(p.images, E'\n') with ordinality l (line, n)
      ) from packed k where p.tenant_id = tenant and p.epoch = k.epoch and p.xid = k.xid and p.ordinal = k.pack
      returning k.rows
  )
  select effects + coalesce(sum(rows), 0) into effects from emptied;
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
      into found using tenant, names || array(select as_json_says(name) from unnest(names) name);
    if found then remaining := remaining || (place.table_name || '.' || place.column_name); end if;
  end loop;
end $$;

-- As before; whom a right is of and what it gives are said once each, and then by their places in these lists: the text of an id costs
-- more to read than a number.
drop function import_rights(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean);
create function import_rights(ids uuid[], people uuid[], holding_organizations uuid[], holders integer[], given_entitlements uuid[], given_products uuid[],
    given_plan_versions uuid[], targets integer[], modules text[], accesses text[], vals text[], sources text[], refs text[], reasons text[],
    starts bigint[], ends bigint[], at timestamptz, new boolean) returns integer
  language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  added integer;
begin
  perform hold_referred('subjects', 'id', people);
  perform hold_referred('organizations', 'id', holding_organizations);
  perform hold_referred('entitlements', 'id', given_entitlements);
  perform hold_referred('products', 'id', given_products);
  perform hold_referred('plan_versions', 'id', given_plan_versions);
  perform hold_referred('modules', 'key', modules);
  -- A list counts on where the one before it ends; beyond its own places it has nothing.
  execute format($insert$
    insert into grants (tenant_id, id, subject_id, organization_id, entitlement_id, product_id, plan_version_id, module, access,
        value, source, source_ref, reason, starts_at, ends_at, granted_by, granted_at)
      select $18, r.id, ($2)[r.holder], ($3)[r.holder - cardinality($2)], ($5)[r.target], ($6)[r.target - cardinality($5)],
        ($7)[r.target - cardinality($5) - cardinality($6)], r.module, coalesce(r.access, ($10)[1]),
        r.value::jsonb, coalesce(r.source, ($12)[1]), coalesce(r.source_ref, ($13)[1]), coalesce(r.reason, ($14)[1]), 'epoch'::timestamptz + r.starts * interval '1 ms',
        'epoch'::timestamptz + r.ends * interval '1 ms', 'import', $17
      from unnest($1, $4, $8, $9, $10, $11, $12, $13, $14, $15, $16) r (id, holder, target, module, access, value, source, source_ref, reason, starts, ends)
      %s$insert$, case when not new then 'on conflict do nothing' end)
    using ids, people, holding_organizations, holders, given_entitlements, given_products, given_plan_versions, targets, modules, accesses, vals,
      sources, refs, reasons, starts, ends, at, current_tenant();
  get diagnostics added = row_count;
  return added;
end $$;
revoke all on function import_rights(uuid[], uuid[], uuid[], integer[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean) from public;
grant execute on function import_rights(uuid[], uuid[], uuid[], integer[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean) to vouchsafe_app;

reset role;
-- As in 0023: where it may be, the foreign keys do not look for each row again.
do $$
begin
  set local role vouchsafe_owner;
  alter function vouchsafe.import_rights(uuid[], uuid[], uuid[], integer[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean)
    set session_replication_role = replica;
exception when insufficient_privilege then
  null;
end $$;
reset role;
