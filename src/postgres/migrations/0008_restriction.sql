-- Restricting a product gives a right of their own to everyone who has access at that moment.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- How many got one when it was restricted; null while it is open, and where it never was.
alter table products add column backfilled_members integer check (backfilled_members >= 0);

-- The tenant's other writers wait from here to the end of the transaction, as they do for a seal.
create function hold_head(out epoch uuid, out revision bigint) language sql security definer
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
  select h.epoch, h.revision from vouchsafe.head h where h.tenant_id = vouchsafe.current_tenant() for update
$$;
revoke all on function hold_head() from public;
grant execute on function hold_head() to vouchsafe_app;

reset role;
