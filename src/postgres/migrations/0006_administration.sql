-- What people administer beside the rights themselves.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- A trial is given once for each group of plans; a plan without a group is one of its own.
alter table plans add column group_key key_text;

-- What a shrinking purchase does to the seats beyond it: they stay, the newest stop counting, or it is refused.
alter table seat_pools
  add column on_shrink text not null default 'keep' check (on_shrink in ('keep', 'suspend_newest', 'block'));

-- A person who calls with a token of their own.
alter table callers
  add column subject_id uuid,
  add foreign key (tenant_id, subject_id) references subjects (tenant_id, id);
create unique index callers_subject on callers (tenant_id, subject_id) where subject_id is not null;

alter table grants
  add column cost_microcents bigint check (cost_microcents >= 0),
  add column metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object');

-- What something bought gives. Several rows of one price give several things.
create table price_mappings (
  tenant_id uuid not null references tenants,
  id uuid not null,
  match text not null check (match in ('price', 'product', 'lookup_key', 'feature')),
  external_id text collate "C" not null check (length(external_id) between 1 and 255),
  plan_version_id uuid,
  product_id uuid,
  entitlement_id uuid,
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, match, external_id, plan_version_id, product_id, entitlement_id),
  foreign key (tenant_id, plan_version_id) references plan_versions (tenant_id, id),
  foreign key (tenant_id, product_id) references products (tenant_id, id),
  foreign key (tenant_id, entitlement_id) references entitlements (tenant_id, id),
  check (num_nonnulls(plan_version_id, product_id, entitlement_id) = 1)
);

-- What a gateway's request needs. A route that is in no row is denied.
create table routes (
  tenant_id uuid not null references tenants,
  id uuid not null,
  host text collate "C" not null default '*' check (length(host) between 1 and 253),
  method text not null default '*' check (method ~ '^([A-Z]{1,20}|\*)$'),
  pattern text collate "C" not null check (pattern ~ '^/' and length(pattern) <= 512),
  public boolean not null default false,
  any_of text[] not null default '{}',
  all_of text[] not null default '{}',
  -- Context field → path parameter.
  context jsonb not null default '{}' check (jsonb_typeof(context) = 'object'),
  primary key (tenant_id, id),
  unique (tenant_id, host, method, pattern),
  check (public = (cardinality(any_of) + cardinality(all_of) = 0))
);

-- A delegate hands out what is listed, in this organization and below, up to so many seats, until a date.
create table delegations (
  tenant_id uuid not null references tenants,
  id uuid not null,
  subject_id uuid not null,
  organization_id uuid not null,
  module key_text,
  may_grant text[] not null default '{}',
  max_seats integer check (max_seats >= 0),
  starts_at instant not null,
  ends_at instant check (ends_at > starts_at),
  revoked_at instant,
  primary key (tenant_id, id),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id),
  foreign key (tenant_id, module) references modules (tenant_id, key)
);
create index delegations_subject on delegations (tenant_id, subject_id) where revoked_at is null;
create index delegations_organization on delegations (tenant_id, organization_id);

-- A place kept for whoever brings the code. No address is stored: the caller sends the code to it.
create table seat_invitations (
  tenant_id uuid not null references tenants,
  id uuid not null,
  pool_id uuid not null,
  code_sha256 bytea not null check (length(code_sha256) = 32),
  invited_by text not null default '',
  created_at instant not null,
  expires_at instant not null check (expires_at > created_at),
  accepted_at instant,
  seat_id uuid,
  cancelled_at instant,
  primary key (tenant_id, id),
  unique (tenant_id, code_sha256),
  foreign key (tenant_id, pool_id) references seat_pools (tenant_id, id),
  foreign key (tenant_id, seat_id) references seats (tenant_id, id),
  check ((accepted_at is null) = (seat_id is null))
);
create index seat_invitations_pool on seat_invitations (tenant_id, pool_id)
  where accepted_at is null and cancelled_at is null;

-- Who had a trial of which group: another is refused, whatever became of the first.
create table trial_uses (
  tenant_id uuid not null references tenants,
  id uuid not null,
  group_key key_text not null,
  subject_id uuid,
  organization_id uuid,
  grant_id uuid not null,
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, group_key, subject_id, organization_id),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id),
  foreign key (tenant_id, grant_id) references grants (tenant_id, id),
  check (num_nonnulls(subject_id, organization_id) = 1)
);

do $$
declare
  name text;
begin
  foreach name in array array[
    'price_mappings', 'routes', 'delegations', 'seat_invitations', 'trial_uses'
  ] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant on %I to vouchsafe_app, vouchsafe_owner '
      'using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid) '
      'with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    execute format('create policy feed on %I for select to vouchsafe_feed using (true)', name);
    execute format('revoke all on %I from public', name);
    execute format('grant select on %I to vouchsafe_app, vouchsafe_feed', name);
    execute format('create trigger record_insert after insert on %I referencing new table as new_rows '
      'for each statement execute function record_effects(''tenant_id'', ''id'')', name);
    execute format('create trigger record_update after update on %I referencing old table as old_rows new table as new_rows '
      'for each statement execute function record_effects(''tenant_id'', ''id'')', name);
    execute format('create trigger record_delete after delete on %I referencing old table as old_rows '
      'for each statement execute function record_effects(''tenant_id'', ''id'')', name);
  end loop;
end $$;

grant insert, update, delete on price_mappings, routes to vouchsafe_app;
grant insert, update on delegations, seat_invitations, trial_uses to vouchsafe_app;

reset role;
