-- The same may be held once of each pool: a price may give seats of several.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- Made first, so that readers wait for no more than the exchange.
create unique index grants_live_of_pools on grants
  (tenant_id, subject_id, organization_id, scope_organization_id, module, entitlement_id, product_id, plan_version_id, pool_id, effect, source, source_ref, starts_at)
  nulls not distinct where revoked_at is null;
drop index grants_live;
alter index grants_live_of_pools rename to grants_live;

reset role;
