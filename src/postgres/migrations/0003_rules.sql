-- What the tables alone cannot say.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- issuer_audiences follows issuers, so that (iss, audience) is unique over all tenants.
create function keep_audiences() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
begin
  delete from issuer_audiences where tenant_id = new.tenant_id and issuer_id = new.id;
  insert into issuer_audiences (tenant_id, issuer_id, iss, audience)
    select distinct new.tenant_id, new.id, new.iss, audience from unnest(new.audiences) audience;
  return null;
end $$;
create trigger keep_audiences after insert or update of iss, audiences on issuers
  for each row execute function keep_audiences();

-- The parents of an organization, seen from it upwards, never meet it again. Moves of one tenant go one after the other,
-- or two at once could close a circle that neither sees.
create function refuse_cycle() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  above uuid := new.parent_id;
  depth integer := 0;
begin
  if new.parent_id is null then return new; end if;
  perform pg_advisory_xact_lock(hashtextextended('organizations ' || new.tenant_id, 0));
  while above is not null loop
    depth := depth + 1;
    if above = new.id then
      raise exception 'an organization cannot be above itself' using errcode = 'VS006';
    end if;
    if depth > 64 then
      raise exception 'organizations are at most 64 deep' using errcode = 'VS006';
    end if;
    select parent_id into above from organizations where tenant_id = new.tenant_id and id = above;
  end loop;
  return new;
end $$;
create trigger refuse_cycle before insert or update of parent_id on organizations
  for each row execute function refuse_cycle();

-- A published version is what somebody bought: it can be retired, never changed.
create function guard_plan_version() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
begin
  if old.status = 'draft' then
    if tg_op = 'DELETE' then return old; end if;
    return new;
  end if;
  if tg_op = 'UPDATE' and new.status in (old.status, 'retired')
    and (to_jsonb(new) - 'status') = (to_jsonb(old) - 'status') then
    return new;
  end if;
  raise exception 'a published plan version never changes' using errcode = 'VS007';
end $$;
create trigger immutable before update or delete on plan_versions for each row execute function guard_plan_version();

create function guard_plan_item() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  version uuid;
  state text;
begin
  foreach version in array array[
    case when tg_op <> 'INSERT' then old.plan_version_id end,
    case when tg_op <> 'DELETE' then new.plan_version_id end
  ] loop
    continue when version is null;
    -- Shared, so that publishing waits for items being added, and they for it.
    select status into state from plan_versions
      where tenant_id = coalesce(new.tenant_id, old.tenant_id) and id = version for share;
    if state <> 'draft' then
      raise exception 'a published plan version never changes' using errcode = 'VS007';
    end if;
  end loop;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $$;
create trigger immutable before insert or update or delete on plan_items for each row execute function guard_plan_item();

reset role;
