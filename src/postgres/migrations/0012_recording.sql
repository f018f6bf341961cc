-- Recording a row at two thirds of what it cost: most of what an import takes. What is recorded is the same, byte by byte.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- That the tenant is there follows from the holder's foreign key: a grant has a subject or an organization, and both
-- are of a tenant. Checking it for each row again took as long as building the row's key.
alter table grants drop constraint grants_tenant_id_fkey;

-- Like framed, these pin no search path and are only stable, so that they are written into the statement.
-- Each argument must be a column there: what is an expression would be computed as often as it is named.

-- The columns of a primary key out of a row's image; trigger arguments count from 0. Null, which effect refuses, where
-- there are more of them than any table has.
create function row_key(columns text[], image jsonb) returns jsonb language sql stable as $$
  select case pg_catalog.cardinality(columns)
    when 1 then pg_catalog.jsonb_build_object(columns[0], image -> columns[0])
    when 2 then pg_catalog.jsonb_build_object(columns[0], image -> columns[0], columns[1], image -> columns[1])
    when 3 then pg_catalog.jsonb_build_object(columns[0], image -> columns[0], columns[1], image -> columns[1],
      columns[2], image -> columns[2])
  end
$$;

-- effect_hash over texts that were rendered once, with the framed name of the table and of what was done to it.
create function recorded_hash(salt bytea, done bytea, key bytea, after bytea) returns bytea language sql stable as $$
  select pg_catalog.sha256(vouchsafe.framed(salt) || done || vouchsafe.framed(key) || vouchsafe.framed(after))
$$;
revoke all on function row_key(text[], jsonb), recorded_hash(bytea, bytea, bytea, bytea) from public;

-- As before, but that nothing is computed twice: `offset 0` keeps a level from being written into the one around it.
create or replace function record_effects() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  columns text[] := tg_argv;
  what text := lower(tg_op);
  done bytea := framed(convert_to(tg_table_name, 'UTF8')) || framed(convert_to(what, 'UTF8'));
  opened open_transaction;
  written integer;
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
  elsif tg_op = 'INSERT' then
    if not exists (select from new_rows) then return null; end if;
    opened := open_for_writing();
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
  end if;
  get diagnostics written = row_count;
  update open_transaction set effects = effects + written where xid = opened.xid;
  return null;
end $$;

reset role;
