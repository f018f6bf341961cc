-- Three roles (none can log in): the owner migrates, the application writes one tenant at a time, the feed reads.
-- Roles belong to the whole server while migrations run once a database: another one may have made them.
-- Needs CREATEROLE and CREATE on the database, nothing more.
do $$
declare
  name text;
begin
  foreach name in array array['vouchsafe_owner', 'vouchsafe_app', 'vouchsafe_feed'] loop
    begin
      if not exists (select from pg_roles where rolname = name) then
        execute format('create role %I nologin', name);
      end if;
    exception when duplicate_object or unique_violation then
      null;
    end;
    -- Since Postgres 16 whoever makes a role may grant it, but not yet take it.
    begin
      execute format('set local role %I', name);
      execute 'reset role';
    exception when insufficient_privilege then
      execute format('grant %I to current_user', name);
    end;
  end loop;
end $$;

create schema vouchsafe authorization vouchsafe_owner;
set local role vouchsafe_owner;
revoke all on schema vouchsafe from public;
grant usage on schema vouchsafe to vouchsafe_app, vouchsafe_feed;
reset role;
