-- The reserved tenant that holds the platform's own rows (its callers), with a head and chain like any other.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

select set_config('app.tenant_id', '00000000-0000-7000-8000-000000000000', true);
insert into tenants (tenant_id, key, name) values (current_tenant(), 'platform', 'The platform');
select seal('migration', 'CreateTenant', null, null);

reset role;
