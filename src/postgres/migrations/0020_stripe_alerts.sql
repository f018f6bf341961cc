-- What gives no right and should is counted again and again, and few have some of it.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;
create index stripe_states_alerts on stripe_states (tenant_id, account_id, customer) where alerts <> '{}';
reset role;
