-- What one statement inserts by the hundred is recorded by the thousand: one row of history holds the images of many,
-- each with a salt and a hash of its own, so that each proves itself and can be erased alone. An import writes seven
-- rows for a person; recording them one by one took as long as writing them.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

create table effect_pack (
  tenant_id uuid not null,
  epoch uuid not null,
  xid xid8 not null,
  -- Of the first row; those of the others follow it.
  ordinal integer not null,
  table_name text not null,
  -- The columns that are null in all of the rows, which their images leave out: {"revoked_at": null}.
  blank text not null,
  -- Whom the rows are about, and between whom these are: ids that grow with time, so that a pack is found by its bounds.
  holders uuid[] not null,
  first_holder uuid not null,
  last_holder uuid not null,
  -- 16 and 32 bytes a row. A salt of zeros: the image is erased.
  salts bytea not null,
  hashes bytea not null,
  -- A line of JSON a row; of an erased one its key alone. Empty: pruned, another image of the row came after it.
  images text not null,
  primary key (tenant_id, epoch, xid, ordinal)
);
-- Compressing takes longer than writing.
alter table effect_pack alter column holders set storage external, alter column salts set storage external,
  alter column hashes set storage external, alter column images set storage external;
create index effect_pack_holder on effect_pack (tenant_id, last_holder, first_holder);

alter table effect_pack enable row level security;
alter table effect_pack force row level security;
create policy tenant on effect_pack to vouchsafe_app, vouchsafe_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy feed on effect_pack for select to vouchsafe_feed using (true);
revoke all on effect_pack from public;
grant select on effect_pack to vouchsafe_app, vouchsafe_feed;
create trigger append_only before update or delete on effect_pack for each row execute function refuse_history_edit();
create trigger no_truncate before truncate on effect_pack for each statement execute function refuse_history_edit();

-- Only rows that are found by whom they are about are packed. Like those of 0012, these pin no search path.
create function packed_key(table_name text, image jsonb) returns jsonb language sql immutable as $$
  select case table_name
    when 'facts' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'subject_id', image -> 'subject_id', 'key', image -> 'key')
    when 'experiment_assignments' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'subject_id', image -> 'subject_id',
      'experiment', image -> 'experiment')
    else pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'id', image -> 'id')
  end
$$;

-- The rows of packs as effects of their own. `of`: of which pack.
create view packed_effect with (security_invoker = true) as
  select p.tenant_id, p.epoch, p.xid, p.ordinal + n - 1 as ordinal, p.table_name, 'insert' as op,
    case when image = '{}' then image else packed_key(p.table_name, image) end as key,
    case when salt <> decode('00000000000000000000000000000000', 'hex') then p.blank::jsonb || image end as after,
    nullif(salt, decode('00000000000000000000000000000000', 'hex')) as salt,
    hash, p.holders[n] as holder, p.first_holder, p.last_holder, p.ordinal as pack, n
  from effect_pack p
  -- Read once, not for each row.
  cross join lateral (select p.salts || '' as salts, p.hashes || '' as hashes offset 0) once
  cross join lateral (
    select l.line::jsonb as image, l.n::integer as n, substr(once.salts, l.n::integer * 16 - 15, 16) as salt,
      substr(once.hashes, l.n::integer * 32 - 31, 32) as hash
    from string_to_table(p.images, E'\n') with ordinality l (line, n) where l.line <> '' offset 0
  ) row;

-- All of history, row by row.
create view effects with (security_invoker = true) as
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash from effect
  union all
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash from packed_effect;

-- What history has about one person or organization: of packs, and all of it.
create function packed_about(tenant uuid, holder uuid) returns setof packed_effect language sql stable as $$
  select * from vouchsafe.packed_effect p where p.tenant_id = packed_about.tenant
    and p.first_holder <= packed_about.holder and p.last_holder >= packed_about.holder and p.holder = packed_about.holder
$$;
create function effects_about(tenant uuid, holder uuid) returns setof effects language sql stable as $$
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash from vouchsafe.effect e
  where e.tenant_id = effects_about.tenant
    and vouchsafe.effect_holder(e.table_name, e.key, e.after) = effects_about.holder::text
  union all
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash
  from vouchsafe.packed_about(effects_about.tenant, effects_about.holder)
$$;
revoke all on packed_effect, effects from public;
revoke all on function packed_key(text, jsonb), packed_about(uuid, uuid), effects_about(uuid, uuid) from public;
grant select on packed_effect, effects to vouchsafe_app, vouchsafe_feed;
grant execute on function packed_key(text, jsonb), packed_about(uuid, uuid), effects_about(uuid, uuid) to vouchsafe_app, vouchsafe_feed;


-- As before, but for what is inserted by the hundred.
create or replace function record_effects() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  columns text[] := tg_argv;
  what text := lower(tg_op);
  done bytea := framed(convert_to(tg_table_name, 'UTF8')) || framed(convert_to(what, 'UTF8'));
  opened open_transaction;
  written integer;
  empty text[];
  filled text;
  blank text;
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
    if written >= 100 and known_by_holder(tg_table_name) then
      -- Most columns are null in most rows: what is null in all of them is said once.
      execute (
        select format('select array_remove(array[%s], null) from new_rows',
          string_agg(format('case when count(%I) = 0 then %L end', attname, attname), ', '))
        from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped
      ) into empty;
      blank := coalesce((select jsonb_object_agg(name, null)::text from unnest(empty) name), '{}');
      done := done || framed(convert_to(blank, 'UTF8'));
      select string_agg(quote_ident(attname), ', ' order by attnum) into filled
        from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped and attname <> all (empty);
      execute format($pack$
        insert into effect_pack (tenant_id, epoch, xid, ordinal, table_name, blank, holders, first_holder, last_holder, salts, hashes, images)
          select $1, $2, $3, $4 + first, $5, $6, holders, (select h from unnest(holders) h order by h limit 1),
            (select h from unnest(holders) h order by h desc limit 1), salts, hashes, images
          from (
            select min(n) as first, array_agg(holder order by n) as holders, string_agg(salt, '' order by n) as salts,
              string_agg(sha256('\x00000010'::bytea || salt || $7 || framed(line)), '' order by n) as hashes,
              convert_from(string_agg(line, '\x0a' order by n), 'UTF8') as images
            from (
              select n, holder, substr(sha256($8 || int4send(n)), 1, 16) as salt, line from (
                select row_number() over ()::integer as n, %s as holder, convert_to(row_to_json(image)::text, 'UTF8') as line
                from (select %s from new_rows) image
              ) numbered
            ) rows group by (n - 1) / 1000
          ) packs$pack$,
        case when tg_table_name = 'subjects' then 'id' when 'subject_id' = any (empty) then 'organization_id'
          when tg_table_name <> 'grants' or 'organization_id' = any (empty) then 'subject_id'
          else 'coalesce(subject_id, organization_id)' end, filled)
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

-- As before; the hashes of a pack stand in the order of its rows.
create or replace function seal(actor text, action text, reason text, cause text,
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
  select sha256(string_agg(e.hashes, '' order by e.ordinal)) into digest from (
    select k.ordinal, k.hash as hashes from effect k where k.tenant_id = tenant and k.epoch = opened.epoch and k.xid = opened.xid
    union all
    select p.ordinal, p.hashes from effect_pack p where p.tenant_id = tenant and p.epoch = opened.epoch and p.xid = opened.xid
  ) e;
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

-- As before, but that to prune a row of a pack is to empty its place.
create or replace function refuse_history_edit() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if current_user = 'vouchsafe_owner' and tg_table_name <> 'checkpoints' then
    if tg_op = 'UPDATE' and (current_setting('app.history', true) = 'erase'
      or tg_table_name = 'effect_pack' and current_setting('app.history', true) = 'prune') then return new; end if;
    if tg_op = 'DELETE' and current_setting('app.history', true) = 'prune' then return old; end if;
  end if;
  raise exception 'history is only added to' using errcode = 'VS005';
end $$;

-- As before, over packs too: line and salt of what is pruned are emptied.
-- Over what is there of the changes up to a revision: the same bytes as src/postgres/checkpoint.ts.
create or replace function kept_digest(tenant uuid, cut bigint) returns bytea language sql stable
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
  select sha256(coalesce(string_agg(
    framed(int8send(c.revision)) || framed(int8send((extract(epoch from c.at) * 1000)::bigint)) || framed(c.header_hash)
      || framed(int4send(c.effects)) || framed(c.digest) || framed(c.chain) || framed(e.digest), '' order by c.revision), ''))
  from change c
  cross join lateral (
    select sha256(coalesce(string_agg(int4send(k.ordinal) || k.hash, '' order by k.ordinal), '')) as digest
    from (
      select ordinal, hash from effects where tenant_id = c.tenant_id and epoch = c.epoch and xid = c.xid offset 0
    ) k
  ) e
  where c.tenant_id = tenant and c.revision <= cut
$$;

-- Takes away what a finished export holds: the changes after the last checkpoint up to `cut`, and what the last
-- checkpoint had kept. The owner's alone: what the servers run as cannot do it. `exported` is the number of effects in
-- the export; where history holds another number, nothing is done.
create or replace function prune_history(cut bigint, exported bigint, name text, bytes bigint, digest bytea)
  returns setof checkpoints language plpgsql security definer set search_path = pg_catalog, vouchsafe, pg_temp
  -- What is deleted is estimated to be a row or two, and would be compared with each that stays.
  set enable_nestloop = off as $$
declare
  tenant uuid := current_tenant();
  before bigint;
  last change;
  there bigint;
  gone bigint;
  stays bigint;
begin
  if tenant is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  -- One at a time, and a second one sees what the first did.
  perform pg_advisory_xact_lock(hashtextextended('prune ' || tenant, 0));
  select coalesce(max(c.revision), 0) into before from checkpoints c where c.tenant_id = tenant;
  select * into last from change c where c.tenant_id = tenant and c.revision = cut;
  if not found or cut <= before then
    raise exception 'there is no change % that could be pruned', cut using errcode = 'VS008';
  end if;
  select count(*) into there from change c
    join effects e on e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
    where c.tenant_id = tenant and c.revision > before and c.revision <= cut;
  if there is distinct from exported then
    raise exception 'the export holds % effects, history has %', exported, there using errcode = 'VS008';
  end if;

  perform set_config('app.history', 'prune', true);
  with images as materialized (
    select distinct on (e.table_name, e.key) e.epoch, e.xid, e.ordinal, e.op, e.key
    from effects e join change c on c.tenant_id = tenant and c.epoch = e.epoch and c.xid = e.xid
    where e.tenant_id = tenant and c.revision <= cut
    order by e.table_name, e.key, c.revision desc, e.ordinal desc
  ), kept as materialized (
    -- A row that was gone, or whose name was erased, leaves nothing that could be asked for.
    select epoch, xid, ordinal from images where op <> 'delete' and key <> '{}'
  ), packed as (
    -- Of each pack with a row that goes, what stays of it.
    select p.epoch, p.xid, p.pack, array_agg(p.n) filter (where k.ordinal is null) as gone, count(k.ordinal) as stays
    from packed_effect p join change c on c.tenant_id = tenant and c.epoch = p.epoch and c.xid = p.xid
    left join kept k on k.epoch = p.epoch and k.xid = p.xid and k.ordinal = p.ordinal
    where p.tenant_id = tenant and c.revision <= cut
    group by 1, 2, 3 having count(k.ordinal) < count(*)
  ), emptied as (
    delete from effect_pack p using packed k
      where p.tenant_id = tenant and p.epoch = k.epoch and p.xid = k.xid and p.ordinal = k.pack and k.stays = 0
  ), thinned as (
    update effect_pack p set (images, salts) = (
        select string_agg(case when n = any (k.gone) then '' else line end, E'\n' order by n),
          string_agg(case when n = any (k.gone) then decode('00000000000000000000000000000000', 'hex')
            else substr(p.salts, n::integer * 16 - 15, 16) end, '' order by n)
        from string_to_table(p.images, E'\n') with ordinality l (line, n)
      ) from packed k
      where p.tenant_id = tenant and p.epoch = k.epoch and p.xid = k.xid and p.ordinal = k.pack and k.stays > 0
  ), single as (
    delete from effect e using change c
      where c.tenant_id = tenant and c.revision <= cut and e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
        and not exists (select from kept k where k.epoch = e.epoch and k.xid = e.xid and k.ordinal = e.ordinal)
      returning 1
  )
  select (select count(*) from single) + (select coalesce(sum(cardinality(k.gone)), 0) from packed k) into gone;
  delete from change c where c.tenant_id = tenant and c.revision < cut and not exists (
    select from effect e where e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
    union all
    select from effect_pack p where p.tenant_id = tenant and p.epoch = c.epoch and p.xid = c.xid
  );
  perform set_config('app.history', '', true);

  select count(*) into stays from change c
    join effects e on e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
    where c.tenant_id = tenant and c.revision <= cut;
  return query insert into checkpoints (tenant_id, revision, epoch, chain, at, effects, pruned, kept, kept_digest,
      export_name, export_bytes, export_sha256, pruned_at)
    values (tenant, cut, last.epoch, last.chain, last.at, there, gone, stays, kept_digest(tenant, cut),
      name, bytes, digest, date_trunc('milliseconds', clock_timestamp()))
    returning *;
end $$;
-- A name as it stands in JSON: CORP\jdoe has two backslashes there. It pins no search path, as packed_key.
create function as_json_says(name text) returns text language sql stable as $$
  select pg_catalog.substr(pg_catalog.to_json(name)::text, 2, pg_catalog.length(pg_catalog.to_json(name)::text) - 2)
$$;
-- Whether a document says one of these names as a word. In its text a line that begins with a name begins with \n.
create function document_says(document jsonb, names text[]) returns boolean language sql stable
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
  select case when exists (select from unnest(names) name where strpos(lower(document::text), lower(as_json_says(name))) > 0)
    then says_name(document::text, names) or says_name((
      select string_agg(said #>> '{}', E'\n') from jsonb_path_query(document, '$.** ? (@.type() == "string")') said
    ), names) else false end
$$;
revoke all on function as_json_says(text), document_says(jsonb, text[]) from public;

-- As before, in packs too.
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
    -- Whole packs are looked through first: few say a name at all.
    select r.epoch, r.xid, r.pack, r.n from effect_pack p
      join packed_effect r on r.tenant_id = tenant and r.epoch = p.epoch and r.xid = p.xid and r.pack = p.ordinal
      where p.tenant_id = tenant and r.salt is not null and exists (
        select from unnest(names || short) name where strpos(lower(p.images), lower(as_json_says(name))) > 0
      ) and (document_says(r.after, names) or says_short_name(free_texts(r.after), short))
  ), packed as (
    select n.epoch, n.xid, n.pack, array_agg(n.n) as ns, count(*) as rows from named n group by 1, 2, 3
  ), emptied as (
    update effect_pack p set (images, salts) = (
        select string_agg(case when n <> all (k.ns) or line = '' then line
            when p.table_name in ('facts', 'experiment_assignments') then '{}'
            else packed_key(p.table_name, line::jsonb)::text end, E'\n' order by n),
          string_agg(case when n = any (k.ns) then decode('00000000000000000000000000000000', 'hex')
            else substr(p.salts, n::integer * 16 - 15, 16) end, '' order by n)
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

-- Who did what to whose entitlements, and what was there before. Erased images are null.
create or replace view core_entitlement_audit_log with (security_invoker = true) as
  select c.revision || '-' || e.ordinal as id, c.revision, c.at::timestamptz as created_at, c.actor, c.action, c.reason, c.cause,
    e.table_name as entity, e.key as entity_key, e.op,
    case when e.op <> 'insert' then (
      select p.after from (
        select p.* from effect p where p.tenant_id = e.tenant_id and p.table_name = e.table_name
          and effect_row(p.key) = effect_row(e.key) and p.key = e.key
        union all
        select p.tenant_id, p.epoch, p.xid, p.ordinal, p.table_name, p.op, p.key, p.after, p.salt, p.hash
          from packed_about(e.tenant_id, effect_holder(e.table_name, e.key, e.after)::uuid) p
          where p.table_name = e.table_name and p.key = e.key
      ) p
      join change pc on pc.tenant_id = e.tenant_id and pc.epoch = p.epoch and pc.xid = p.xid
      where (pc.revision, p.ordinal) < (c.revision, e.ordinal)
      order by pc.revision desc, p.ordinal desc limit 1) end as before,
    e.after, (e.after ->> 'subject_id')::uuid as user_id, (e.after ->> 'organization_id')::uuid as organization_id,
    (e.after ->> 'entitlement_id')::uuid as entitlement_id, e.tenant_id
  from change c
  join effects e on e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid
  where e.table_name in ('grants', 'seats', 'seat_pools', 'entitlements', 'entitlement_families', 'products', 'plans',
    'plan_versions', 'plan_items', 'price_mappings', 'delegations', 'trial_uses', 'reconciliations');

reset role;
