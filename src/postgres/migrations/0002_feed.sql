-- The feed. Statement triggers write what each statement left behind; seal() closes the transaction with one
-- numbered, chained header under the tenant's head row. A transaction belongs to one tenant, is sealed last,
-- and cannot commit unsealed. Error codes: VS001 no or a second tenant, VS002 write after the seal,
-- VS003 commit unsealed, VS004 a row's key was changed, VS005 history was edited.
-- Functions run as the owner, whose rows are bound to the transaction's tenant by row security as well.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- One row a writing transaction, gone at its commit: nothing in here needs to survive a crash.
create unlogged table open_transaction (
  xid xid8 primary key,
  tenant_id uuid not null,
  epoch uuid not null,
  effects integer not null default 0,
  sealed boolean not null default false
);

create function current_tenant() returns uuid language sql stable
  set search_path = pg_catalog, pg_temp
  as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;

-- These two pin no search path, or they would be called for each row instead of being written into the statement
-- (ten times slower); all that calls them does.

-- Length first, so that no two lists of fields give the same bytes. Null is length -1.
create function framed(field bytea) returns bytea language sql immutable
  as $$ select coalesce(pg_catalog.int4send(pg_catalog.length(field)) || field, '\xffffffff'::bytea) $$;

create function effect_hash(salt bytea, table_name text, op text, key jsonb, after jsonb) returns bytea
  language sql immutable as $$
  select pg_catalog.sha256(vouchsafe.framed(salt) || vouchsafe.framed(pg_catalog.convert_to(table_name, 'UTF8'))
    || vouchsafe.framed(pg_catalog.convert_to(op, 'UTF8')) || vouchsafe.framed(pg_catalog.convert_to(key::text, 'UTF8'))
    || vouchsafe.framed(pg_catalog.convert_to(after::text, 'UTF8')))
$$;

-- The transaction's row, made by its first write.
create function open_for_writing() returns open_transaction language plpgsql
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  row open_transaction;
begin
  if current_tenant() is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  insert into open_transaction (xid, tenant_id, epoch)
    select pg_current_xact_id(), head.tenant_id, head.epoch from head where head.tenant_id = current_tenant()
    on conflict do nothing;
  select * into row from open_transaction where xid = pg_current_xact_id() and tenant_id = current_tenant();
  if not found then
    raise exception 'a transaction belongs to one tenant' using errcode = 'VS001';
  end if;
  if row.sealed then
    raise exception 'the transaction is sealed: nothing can be written after that' using errcode = 'VS002';
  end if;
  return row;
end $$;

-- Arguments: the columns of the table's primary key. A row is named new_row or old_row, as no column is: `n` would
-- mean plan_versions.n.
create function record_effects() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  columns text[] := tg_argv;
  opened open_transaction;
  written integer;
begin
  if tg_op = 'UPDATE' then
    if exists (
      select (select jsonb_object_agg(name, image -> name) from unnest(columns) name)
        from (select to_jsonb(old_row) as image from old_rows old_row) before
      except
      select (select jsonb_object_agg(name, image -> name) from unnest(columns) name)
        from (select to_jsonb(new_row) as image from new_rows new_row) after
    ) then
      raise exception 'the key of a row in % never changes', tg_table_name using errcode = 'VS004';
    end if;
    -- A row that was written with what it held already is no effect.
    if not exists (
      select to_jsonb(new_row) from new_rows new_row except select to_jsonb(old_row) from old_rows old_row
    ) then return null; end if;
    opened := open_for_writing();
    insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
      select (image ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, 'update', key, image,
        salt, effect_hash(salt, tg_table_name, 'update', key, image)
      from (
        select row_number() over () as n, image, uuid_send(gen_random_uuid()) as salt,
          (select jsonb_object_agg(name, image -> name) from unnest(columns) name) as key
        from (
          select to_jsonb(new_row) as image from new_rows new_row except select to_jsonb(old_row) from old_rows old_row
        ) changed
      ) rows;
  elsif tg_op = 'INSERT' then
    if not exists (select from new_rows) then return null; end if;
    opened := open_for_writing();
    insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
      select (image ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, 'insert', key, image,
        salt, effect_hash(salt, tg_table_name, 'insert', key, image)
      from (
        select row_number() over () as n, image, uuid_send(gen_random_uuid()) as salt,
          (select jsonb_object_agg(name, image -> name) from unnest(columns) name) as key
        from (select to_jsonb(new_row) as image from new_rows new_row offset 0) made
      ) rows;
  else
    if not exists (select from old_rows) then return null; end if;
    opened := open_for_writing();
    insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
      select (key ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, 'delete', key, null,
        salt, effect_hash(salt, tg_table_name, 'delete', key, null)
      from (
        select row_number() over () as n, uuid_send(gen_random_uuid()) as salt,
          (select jsonb_object_agg(name, image -> name) from unnest(columns) name) as key
        from (select to_jsonb(old_row) as image from old_rows old_row offset 0) gone
      ) rows;
  end if;
  get diagnostics written = row_count;
  update open_transaction set effects = effects + written where xid = opened.xid;
  return null;
end $$;

-- Closes the transaction: the last thing it does. Without effects nothing is sealed and the present head comes back.
create function seal(actor text, action text, reason text, cause text,
    out epoch uuid, out revision bigint, out chain bytea, out changed boolean)
  language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  tenant uuid := current_tenant();
  opened open_transaction;
  previous head;
  digest bytea;
  at timestamptz;
  header_salt bytea := uuid_send(gen_random_uuid());
  header_hash bytea;
begin
  if tenant is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  select * into opened from open_transaction o where o.xid = pg_current_xact_id_if_assigned();
  if opened.sealed then
    raise exception 'the transaction is sealed already' using errcode = 'VS002';
  end if;
  if coalesce(opened.effects, 0) = 0 then
    select h.epoch, h.revision, h.chain, false into epoch, revision, chain, changed from head h where h.tenant_id = tenant;
    update open_transaction o set sealed = true where o.xid = opened.xid;
    return;
  end if;
  select sha256(string_agg(e.hash, '' order by e.ordinal)) into digest
    from effect e where e.tenant_id = tenant and e.epoch = opened.epoch and e.xid = opened.xid;
  header_hash := sha256(framed(header_salt) || framed(convert_to(actor, 'UTF8')) || framed(convert_to(action, 'UTF8'))
    || framed(convert_to(reason, 'UTF8')) || framed(convert_to(cause, 'UTF8')));
  -- From here to the end of the commit the tenant's other writers wait: order is commit order.
  select * into previous from head h where h.tenant_id = tenant for update;
  if previous.epoch is distinct from opened.epoch then
    raise exception 'the tenant began a new epoch meanwhile' using errcode = '40001';
  end if;
  at := date_trunc('milliseconds', clock_timestamp());
  epoch := previous.epoch;
  revision := previous.revision + 1;
  chain := sha256(framed(previous.chain) || framed(uuid_send(tenant)) || framed(uuid_send(epoch))
    || framed(int8send(revision)) || framed(int8send((extract(epoch from at) * 1000)::bigint))
    || framed(header_hash) || framed(digest));
  changed := true;
  update head h set revision = seal.revision, chain = seal.chain where h.tenant_id = tenant;
  insert into change (tenant_id, epoch, revision, xid, at, actor, action, reason, cause, header_salt, header_hash, effects, digest, chain)
    values (tenant, seal.epoch, seal.revision, opened.xid, at, actor, action, reason, cause, header_salt, header_hash, opened.effects, digest, seal.chain);
  update open_transaction o set sealed = true where o.xid = opened.xid;
end $$;

create function refuse_unsealed() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  was_sealed boolean;
begin
  delete from open_transaction where xid = new.xid returning sealed into was_sealed;
  if was_sealed is not true then
    raise exception 'a transaction that writes must be sealed before it commits' using errcode = 'VS003';
  end if;
  return null;
end $$;
create constraint trigger sealed_at_commit after insert on open_transaction
  deferrable initially deferred for each row execute function refuse_unsealed();

-- Erasing and pruning are the owner's, and say so in the transaction.
create function refuse_history_edit() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if current_user = 'vouchsafe_owner' and current_setting('app.history', true) = 'erase' then
    if tg_op = 'DELETE' then return old; end if;
    return new;
  end if;
  raise exception 'history is only added to' using errcode = 'VS005';
end $$;
create trigger append_only before update or delete on change for each row execute function refuse_history_edit();
create trigger append_only before update or delete on effect for each row execute function refuse_history_edit();
create trigger no_truncate before truncate on change for each statement execute function refuse_history_edit();
create trigger no_truncate before truncate on effect for each statement execute function refuse_history_edit();
create trigger no_truncate before truncate on head for each statement execute function refuse_history_edit();

create function guard_head() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new.tenant_id = old.tenant_id
    and (new.epoch <> old.epoch or new.revision = old.revision + 1) then
    return new;
  end if;
  raise exception 'a head only goes forward' using errcode = 'VS005';
end $$;
create trigger forward_only before update or delete on head for each row execute function guard_head();

-- A tenant is born with its head. Fires before the statement's effects are recorded.
create function give_head() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
begin
  insert into head (tenant_id, epoch) values (new.tenant_id, gen_random_uuid());
  return null;
end $$;
create trigger give_head after insert on tenants for each row execute function give_head();

do $$
declare
  name text;
  columns text;
begin
  foreach name in array array[
    'tenants', 'modules', 'issuers', 'subjects', 'identities', 'organizations', 'organization_members', 'callers',
    'caller_keys', 'entitlements', 'entitlement_families', 'products', 'product_entitlements', 'resources', 'plans',
    'plan_versions', 'plan_items', 'seat_pools', 'seats', 'grants', 'facts', 'experiment_assignments'
  ] loop
    select string_agg(quote_literal(a.attname), ', ' order by k.place) into columns
      from pg_index i
      cross join unnest(i.indkey) with ordinality k (attribute, place)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attribute
      where i.indrelid = format('vouchsafe.%I', name)::regclass and i.indisprimary;
    execute format('create trigger record_insert after insert on %I referencing new table as new_rows '
      'for each statement execute function record_effects(%s)', name, columns);
    execute format('create trigger record_update after update on %I referencing old table as old_rows new table as new_rows '
      'for each statement execute function record_effects(%s)', name, columns);
    execute format('create trigger record_delete after delete on %I referencing old table as old_rows '
      'for each statement execute function record_effects(%s)', name, columns);
  end loop;
end $$;

reset role;
