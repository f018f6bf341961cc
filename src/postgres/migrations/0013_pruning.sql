-- Old history is exported and taken away behind a checkpoint. What stays of it is the last image of each row at the cut,
-- with its change's header, so that the past after the cut is answered as before.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

create table checkpoints (
  tenant_id uuid not null references tenants,
  -- The last change that was pruned; the next one follows its chain.
  revision bigint not null check (revision > 0),
  epoch uuid not null,
  chain bytea not null check (length(chain) = 32),
  at instant not null,
  -- What the export holds, from the checkpoint before to this one, and what of it was deleted here.
  effects bigint not null check (effects >= 0),
  pruned bigint not null check (pruned >= 0),
  -- What stays before the cut proves itself by this.
  kept bigint not null check (kept >= 0),
  kept_digest bytea not null check (length(kept_digest) = 32),
  export_name text not null,
  export_bytes bigint not null check (export_bytes >= 0),
  export_sha256 bytea not null check (length(export_sha256) = 32),
  pruned_at instant not null,
  primary key (tenant_id, revision)
);
alter table checkpoints enable row level security;
alter table checkpoints force row level security;
create policy tenant on checkpoints to vouchsafe_app, vouchsafe_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy feed on checkpoints for select to vouchsafe_feed using (true);
revoke all on checkpoints from public;
grant select on checkpoints to vouchsafe_app, vouchsafe_feed;
create trigger record_insert after insert on checkpoints referencing new table as new_rows
  for each statement execute function record_effects('tenant_id', 'revision');
create trigger record_update after update on checkpoints referencing old table as old_rows new table as new_rows
  for each statement execute function record_effects('tenant_id', 'revision');
create trigger record_delete after delete on checkpoints referencing old table as old_rows
  for each statement execute function record_effects('tenant_id', 'revision');
create trigger append_only before update or delete on checkpoints for each row execute function refuse_history_edit();
create trigger no_truncate before truncate on checkpoints for each statement execute function refuse_history_edit();

-- As before, but that to erase is to alter and to prune is to delete.
create or replace function refuse_history_edit() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if current_user = 'vouchsafe_owner' and tg_table_name <> 'checkpoints' then
    if tg_op = 'UPDATE' and current_setting('app.history', true) = 'erase' then return new; end if;
    if tg_op = 'DELETE' and current_setting('app.history', true) = 'prune' then return old; end if;
  end if;
  raise exception 'history is only added to' using errcode = 'VS005';
end $$;

-- Over what is there of the changes up to a revision: the same bytes as src/postgres/checkpoint.ts.
create function kept_digest(tenant uuid, cut bigint) returns bytea language sql stable
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
  select sha256(coalesce(string_agg(
    framed(int8send(c.revision)) || framed(int8send((extract(epoch from c.at) * 1000)::bigint)) || framed(c.header_hash)
      || framed(int4send(c.effects)) || framed(c.digest) || framed(c.chain) || framed(e.digest), '' order by c.revision), ''))
  from change c
  cross join lateral (
    select sha256(coalesce(string_agg(int4send(k.ordinal) || k.hash, '' order by k.ordinal), '')) as digest
    from effect k where k.tenant_id = c.tenant_id and k.epoch = c.epoch and k.xid = c.xid
  ) e
  where c.tenant_id = tenant and c.revision <= cut
$$;

-- Takes away what a finished export holds: the changes after the last checkpoint up to `cut`, and what the last
-- checkpoint had kept. The owner's alone: what the servers run as cannot do it. `exported` is the number of effects in
-- the export; where history holds another number, nothing is done.
create function prune_history(cut bigint, exported bigint, name text, bytes bigint, digest bytea)
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
    join effect e on e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid
    where c.tenant_id = tenant and c.revision > before and c.revision <= cut;
  if there is distinct from exported then
    raise exception 'the export holds % effects, history has %', exported, there using errcode = 'VS008';
  end if;

  perform set_config('app.history', 'prune', true);
  with images as materialized (
    select distinct on (e.table_name, e.key) e.epoch, e.xid, e.ordinal, e.op, e.key
    from effect e join change c on c.tenant_id = e.tenant_id and c.epoch = e.epoch and c.xid = e.xid
    where e.tenant_id = tenant and c.revision <= cut
    order by e.table_name, e.key, c.revision desc, e.ordinal desc
  )
  delete from effect e using change c
    where c.tenant_id = tenant and c.revision <= cut and e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
      and not exists (
        -- A row that was gone, or whose name was erased, leaves nothing that could be asked for.
        select from images i where i.op <> 'delete' and i.key <> '{}'
          and i.epoch = e.epoch and i.xid = e.xid and i.ordinal = e.ordinal
      );
  get diagnostics gone = row_count;
  delete from change c where c.tenant_id = tenant and c.revision < cut and not exists (
    select from effect e where e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
  );
  perform set_config('app.history', '', true);

  select count(*) into stays from change c
    join effect e on e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid
    where c.tenant_id = tenant and c.revision <= cut;
  return query insert into checkpoints (tenant_id, revision, epoch, chain, at, effects, pruned, kept, kept_digest,
      export_name, export_bytes, export_sha256, pruned_at)
    values (tenant, cut, last.epoch, last.chain, last.at, there, gone, stays, kept_digest(tenant, cut),
      name, bytes, digest, date_trunc('milliseconds', clock_timestamp()))
    returning *;
end $$;
revoke all on function kept_digest(uuid, bigint), prune_history(bigint, bigint, text, bigint, bytea) from public;

reset role;
