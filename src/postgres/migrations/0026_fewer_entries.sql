-- What an import pays for each row beside the row itself: entries in indexes are 1.1 us each, and no later step found so much.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- What was imported stands together, and is found by its reference without an entry for each right: by filters of the references
-- that a range of the table has, as each right of a file may have its own.
create index grants_imported on grants using brin (tenant_id, source_ref text_bloom_ops) where revoked_at is null and granted_by = 'import';
create index grants_given on grants (tenant_id, source, source_ref) where revoked_at is null and granted_by is distinct from 'import';
-- One index of names: a name alone is found by the primary key too.
create unique index identities_name on identities (tenant_id, sub, iss);

-- Only now, so that readers wait for no more than the exchange.
drop index grants_source_ref;
alter index grants_given rename to grants_source_ref;
alter table identities drop constraint identities_pkey, add constraint identities_pkey primary key using index identities_name;
drop index identities_sub;

-- The tenant is asked for once for what a statement writes. Reading stays as it was: the planner knows the tenant there.
do $$
declare
  name text;
begin
  for name in select tablename from pg_policies where schemaname = 'vouchsafe' and policyname = 'tenant' loop
    execute format('alter policy tenant on %I with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', name);
  end loop;
end $$;

-- As before; the first rows are read once, and many rows are counted where their evenness is asked for.
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
    -- Where they are many, they are counted later.
    select count(*) into written from (select from new_rows limit 100) few;
    if written = 0 then return null; end if;
    opened := open_for_writing();
    if written >= 100 and (known_by_holder(tg_table_name) or tg_table_name = 'identities') then
      -- What most rows say is said once, as far as the first ones tell, and that the rest is null; a line says what differs.
      -- A text only where all rows say it: a name in it then goes with all of them.
      with sampled as (
        select to_jsonb(new_row) as image from new_rows new_row limit 20
      ), said as (
        select name, type, case when usual_column(tg_table_name, name, images[1]) and cardinality(array_positions(images, images[1])) >= 10 then images[1] end as usual,
          'null' = all (images) as rare
        from (select name, array_agg(value) as images from sampled cross join lateral jsonb_each(image) each (name, value) group by name) each
        join (
          select a.attname::text as name, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as type
          from pg_attribute a join pg_type t on t.oid = a.atttypid
          where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped offset 0
        ) there using (name)
      )
      select jsonb_object_agg(name, usual), jsonb_object_agg(name, type), coalesce(array_agg(name) filter (where rare), '{}'),
        'select count(*), array_remove(array[' || coalesce(string_agg(format('case when not bool_and(%I is not distinct from %L) then %L end', name, usual #>> '{}', name), ', ')
          filter (where type = 'text' and usual is not null), 'null') || ']::text[], null) from new_rows'
        into usuals, types, rares, evenness from said;
      execute evenness into written, uneven;
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
      get diagnostics written = row_count;
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

-- As before; people whom this transaction made are not locked again.
create or replace function import_rights(ids uuid[], people uuid[], holding_organizations uuid[], holders integer[], given_entitlements uuid[], given_products uuid[],
    given_plan_versions uuid[], targets integer[], modules text[], accesses text[], vals text[], sources text[], refs text[], reasons text[],
    starts bigint[], ends bigint[], at timestamptz, new boolean) returns integer
  language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  added integer;
  made integer := -1;
  tenant uuid := current_tenant();
begin
  -- Whoever was made by this transaction is held by it.
  if new then
    select count(*) into made from unnest(people) w (id) cross join lateral (
      select xmin from subjects where tenant_id = tenant and subjects.id = w.id offset 0) s where s.xmin = pg_current_xact_id()::xid;
  end if;
  if made <> cardinality(people) then perform hold_referred('subjects', 'id', people); end if;
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
      sources, refs, reasons, starts, ends, at, tenant;
  get diagnostics added = row_count;
  return added;
end $$;

reset role;
-- What was set for it is gone where it was made anew.
do $$
begin
  set local role vouchsafe_owner;
  alter function vouchsafe.import_rights(uuid[], uuid[], uuid[], integer[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], text[], text[], text[], bigint[], bigint[], timestamptz, boolean)
    set session_replication_role = replica;
exception when insufficient_privilege then
  null;
end $$;
reset role;
