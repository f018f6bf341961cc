-- Seats know which delegation handed them out, and an organization is never moved out of sight.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- Counted against the delegation's max_seats for as long as it is held.
alter table seats
  add column delegation_id uuid,
  add foreign key (tenant_id, delegation_id) references delegations (tenant_id, id);
create index seats_delegation on seats (tenant_id, delegation_id) where delegation_id is not null and released_at is null;
alter table seat_invitations
  add column delegation_id uuid,
  add foreign key (tenant_id, delegation_id) references delegations (tenant_id, id);
create index seat_invitations_delegation on seat_invitations (tenant_id, delegation_id)
  where delegation_id is not null and accepted_at is null and cancelled_at is null;
create index grants_pool on grants (tenant_id, pool_id) where pool_id is not null and revoked_at is null;
create index grants_scope on grants (tenant_id, scope_organization_id) where scope_organization_id is not null;

-- The organization and all above it. It sees what its caller may see.
create function organizations_above(tenant uuid, organization uuid) returns setof uuid language sql stable
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
  with recursive above (id, parent_id) as (
    select o.id, o.parent_id from vouchsafe.organizations o where o.tenant_id = tenant and o.id = organization
    union
    select o.id, o.parent_id from vouchsafe.organizations o join above a on o.id = a.parent_id where o.tenant_id = tenant
  )
  select id from above
$$;

-- As before, and what is below an organization that is moved counts too: deeper than readers look, rights would be lost.
create or replace function refuse_cycle() returns trigger language plpgsql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
declare
  above uuid := new.parent_id;
  depth integer := 0;
  height integer := 0;
  level uuid[] := array[new.id];
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
  if tg_op = 'UPDATE' then
    loop
      select array_agg(id) into level from organizations where tenant_id = new.tenant_id and parent_id = any (level);
      exit when level is null;
      height := height + 1;
      if depth + height > 64 then
        raise exception 'organizations are at most 64 deep' using errcode = 'VS006';
      end if;
    end loop;
  end if;
  return new;
end $$;

revoke all on function organizations_above(uuid, uuid) from public;
grant execute on function organizations_above(uuid, uuid) to vouchsafe_app;

reset role;
