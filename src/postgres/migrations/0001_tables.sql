-- The tables that a decision reads, and administration. tenant_id is first in every key and every foreign key
-- is composite, because Postgres checks foreign keys with row security off.
-- Tables without a tenant of their own (tenants, callers of the platform) belong to the reserved platform tenant.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- A key compares byte by byte: ids that differ by case or composition stay distinct.
create domain key_text as text collate "C" check (value ~ '^[a-z0-9][a-z0-9_.-]{0,62}$');
create domain entitlement_key as text collate "C"
  check (value ~ '^[a-z0-9][a-z0-9_.-]{0,62}(:[a-z0-9][a-z0-9_.-]{0,62})?$');
create domain instant as timestamptz(3);

-- tenant_id of a tenant's row is its own id, so that row security is the same everywhere.
create table tenants (
  tenant_id uuid primary key,
  key key_text not null unique,
  name text not null default '',
  grace_days integer not null default 7 check (grace_days between 0 and 60),
  default_module key_text,
  default_tier key_text,
  active boolean not null default true,
  created_at instant not null default now()
);

create table modules (
  tenant_id uuid not null references tenants,
  key key_text not null,
  provisioning text not null default 'direct_user' check (provisioning in ('org_hierarchy', 'direct_user', 'delegated_admin')),
  member_entitlement entitlement_key,
  zone text not null default 'UTC',
  primary key (tenant_id, key)
);

create table issuers (
  tenant_id uuid not null references tenants,
  id uuid not null,
  iss text collate "C" not null check (length(iss) between 1 and 512),
  kind text not null default 'generic' check (kind in ('keycloak', 'cognito', 'generic')),
  audience_from text not null default 'aud' check (audience_from in ('aud', 'client_id', 'azp')),
  audiences text[] collate "C" not null check (cardinality(audiences) > 0),
  algorithms text[] not null default '{RS256}' check (cardinality(algorithms) > 0 and algorithms <@ '{RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA,Ed25519}'::text[]),
  jwks_uri text,
  jwks jsonb,
  token_use text,
  typ text,
  authority text not null default 'database' check (authority in ('claims', 'database', 'both')),
  claim_map jsonb not null default '{}',
  tolerance_seconds integer not null default 30 check (tolerance_seconds between 0 and 60),
  primary key (tenant_id, id),
  check (num_nonnulls(jwks_uri, jwks) = 1)
);
-- (iss, audience) is unique over all tenants: a claim never decides the tenant. Held by trigger from issuers.
create table issuer_audiences (
  tenant_id uuid not null,
  issuer_id uuid not null,
  iss text collate "C" not null,
  audience text collate "C" not null,
  primary key (iss, audience),
  foreign key (tenant_id, issuer_id) references issuers on delete cascade
);

create table subjects (
  tenant_id uuid not null references tenants,
  id uuid not null,
  kind text not null default 'user' check (kind in ('user', 'service')),
  tokens_not_before instant,
  deleted_at instant,
  created_at instant not null default now(),
  primary key (tenant_id, id)
);
create table identities (
  tenant_id uuid not null,
  iss text collate "C" not null,
  sub text collate "C" not null check (length(sub) between 1 and 255),
  subject_id uuid not null,
  email text,
  primary key (tenant_id, iss, sub),
  foreign key (tenant_id, subject_id) references subjects
);
create index identities_subject on identities (tenant_id, subject_id);

create table organizations (
  tenant_id uuid not null references tenants,
  id uuid not null,
  key key_text not null,
  name text not null default '',
  parent_id uuid,
  primary key (tenant_id, id),
  unique (tenant_id, key),
  foreign key (tenant_id, parent_id) references organizations (tenant_id, id),
  check (parent_id <> id)
);
create index organizations_parent on organizations (tenant_id, parent_id);
create table organization_members (
  tenant_id uuid not null,
  organization_id uuid not null,
  subject_id uuid not null,
  role text not null default 'member' check (role in ('member', 'admin', 'owner', 'delegate')),
  primary key (tenant_id, organization_id, subject_id),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id)
);
create index organization_members_subject on organization_members (tenant_id, subject_id);

-- Callers of the platform belong to the platform tenant.
create table callers (
  tenant_id uuid not null references tenants,
  id uuid not null,
  name text not null,
  kind text not null check (kind in ('key', 'mtls', 'token')),
  roles text[] not null check (roles <@ '{operator,tenant_admin,delegate,service,worker,gateway,auditor}'::text[]),
  certificate_sha256 text check (certificate_sha256 ~ '^[0-9a-f]{64}$'),
  disabled_at instant,
  primary key (tenant_id, id)
);
create table caller_keys (
  tenant_id uuid not null,
  id text collate "C" not null check (id ~ '^[A-Za-z0-9]{12}$'),
  caller_id uuid not null,
  sha256 bytea not null check (length(sha256) = 32),
  expires_at instant,
  disabled_at instant,
  created_at instant not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, caller_id) references callers (tenant_id, id)
);
create unique index caller_keys_id on caller_keys (id);

create table entitlements (
  tenant_id uuid not null references tenants,
  id uuid not null,
  key entitlement_key not null,
  name text not null default '',
  kind text not null default 'boolean' check (kind in ('boolean', 'config', 'limit', 'metered', 'credit')),
  combine text not null check (combine in ('any', 'max', 'sum', 'union')),
  attributes jsonb not null default '{}',
  requires text[] not null default '{}',
  requires_facts text[] not null default '{}',
  experiment jsonb,
  unit text,
  deny_as integer not null default 403 check (deny_as in (401, 402, 403, 404, 429)),
  fail_mode jsonb not null default '{"mode":"last_known","for_ms":86400000}',
  archived_at instant,
  primary key (tenant_id, id),
  unique (tenant_id, key)
);
-- Any key that matches the pattern ("docs_paid*") also gives the entitlement (S002-32).
create table entitlement_families (
  tenant_id uuid not null,
  pattern text collate "C" not null check (pattern ~ '^[a-z0-9][a-z0-9_.:-]{0,126}\*$'),
  entitlement_id uuid not null,
  primary key (tenant_id, pattern, entitlement_id),
  foreign key (tenant_id, entitlement_id) references entitlements (tenant_id, id)
);

create table products (
  tenant_id uuid not null references tenants,
  id uuid not null,
  key key_text not null,
  name text not null default '',
  requires_entitlement boolean not null default false,
  active boolean not null default true,
  primary key (tenant_id, id),
  unique (tenant_id, key)
);
-- Exceptions by surface: the public docs of a restricted product (C-8).
create table product_entitlements (
  tenant_id uuid not null,
  product_id uuid not null,
  surface key_text not null,
  open boolean,
  deny_as integer check (deny_as in (401, 402, 403, 404, 429)),
  primary key (tenant_id, product_id, surface),
  foreign key (tenant_id, product_id) references products (tenant_id, id)
);
create table resources (
  tenant_id uuid not null references tenants,
  kind text not null check (kind in ('content', 'navigation')),
  key text collate "C" not null check (key ~ '^[a-z0-9][a-z0-9_./-]{0,126}$'),
  name text not null default '',
  entitlement_id uuid,
  primary key (tenant_id, kind, key),
  foreign key (tenant_id, entitlement_id) references entitlements (tenant_id, id)
);

create table plans (
  tenant_id uuid not null references tenants,
  id uuid not null,
  key key_text not null,
  name text not null default '',
  kind text not null check (kind in ('base', 'addon', 'tier')),
  rank integer not null default 0 check (rank >= 0),
  primary key (tenant_id, id),
  unique (tenant_id, key)
);
-- Immutable once published (held by trigger).
create table plan_versions (
  tenant_id uuid not null,
  id uuid not null,
  plan_id uuid not null,
  n integer not null check (n > 0),
  status text not null default 'draft' check (status in ('draft', 'published', 'retired')),
  published_at instant,
  primary key (tenant_id, id),
  unique (tenant_id, plan_id, n),
  foreign key (tenant_id, plan_id) references plans (tenant_id, id)
);
create table plan_items (
  tenant_id uuid not null,
  plan_version_id uuid not null,
  id uuid not null,
  entitlement_id uuid,
  product_id uuid,
  value jsonb,
  primary key (tenant_id, plan_version_id, id),
  unique nulls not distinct (tenant_id, plan_version_id, entitlement_id, product_id),
  foreign key (tenant_id, plan_version_id) references plan_versions (tenant_id, id),
  foreign key (tenant_id, entitlement_id) references entitlements (tenant_id, id),
  foreign key (tenant_id, product_id) references products (tenant_id, id),
  check (num_nonnulls(entitlement_id, product_id) = 1)
);

create table seat_pools (
  tenant_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  module key_text,
  key key_text not null,
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, organization_id, module, key),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id)
);
create table seats (
  tenant_id uuid not null,
  id uuid not null,
  pool_id uuid not null,
  subject_id uuid not null,
  assigned_at instant not null,
  assigned_by text not null default '',
  released_at instant,
  primary key (tenant_id, id),
  foreign key (tenant_id, pool_id) references seat_pools (tenant_id, id),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id)
);
create unique index seats_live on seats (tenant_id, pool_id, subject_id) where released_at is null;
create index seats_subject on seats (tenant_id, subject_id) where released_at is null;

create table grants (
  tenant_id uuid not null references tenants,
  id uuid not null,
  subject_id uuid,
  organization_id uuid,
  scope_organization_id uuid,
  module key_text,
  entitlement_id uuid,
  product_id uuid,
  plan_version_id uuid,
  pool_id uuid,
  effect text not null default 'allow' check (effect in ('allow', 'deny', 'override')),
  access text not null default 'full' check (access in ('full', 'read_only')),
  value jsonb,
  quantity bigint check (quantity >= 0),
  source text not null check (source in ('admin', 'stripe', 'promotion', 'trial', 'purchase', 'contract', 'backfill', 'default')),
  source_ref text collate "C" not null default '' check (length(source_ref) <= 255),
  reason text not null default '',
  starts_at instant not null,
  ends_at instant,
  past_due_at instant,
  granted_by text,
  granted_at instant not null default now(),
  revoked_at instant,
  revoked_by text,
  revoke_reason text,
  primary key (tenant_id, id),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id),
  foreign key (tenant_id, scope_organization_id) references organizations (tenant_id, id),
  foreign key (tenant_id, entitlement_id) references entitlements (tenant_id, id),
  foreign key (tenant_id, product_id) references products (tenant_id, id),
  foreign key (tenant_id, plan_version_id) references plan_versions (tenant_id, id),
  foreign key (tenant_id, pool_id) references seat_pools (tenant_id, id),
  foreign key (tenant_id, module) references modules (tenant_id, key),
  check (num_nonnulls(subject_id, organization_id) = 1),
  check (num_nonnulls(entitlement_id, product_id, plan_version_id) = 1),
  check (scope_organization_id is null or subject_id is not null),
  check (pool_id is null or organization_id is not null),
  check (ends_at is null or ends_at > starts_at)
);
create unique index grants_live on grants
  (tenant_id, subject_id, organization_id, scope_organization_id, module, entitlement_id, product_id, plan_version_id, effect, source, source_ref, starts_at)
  nulls not distinct where revoked_at is null;
create index grants_subject on grants (tenant_id, subject_id, granted_at desc, id desc) where subject_id is not null;
create index grants_organization on grants (tenant_id, organization_id, granted_at desc, id desc) where organization_id is not null;
create index grants_source_ref on grants (tenant_id, source, source_ref) where revoked_at is null;

create table facts (
  tenant_id uuid not null,
  subject_id uuid not null,
  key text collate "C" not null check (length(key) between 1 and 127),
  value jsonb not null,
  at instant not null default now(),
  primary key (tenant_id, subject_id, key),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id)
);
create table experiment_assignments (
  tenant_id uuid not null,
  subject_id uuid not null,
  experiment key_text not null,
  variant key_text not null,
  primary key (tenant_id, subject_id, experiment),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id)
);

-- First answers of writes by request id (not tracked by the feed).
create table operations (
  tenant_id uuid not null references tenants,
  request_id text not null,
  request_sha256 bytea not null,
  response jsonb not null,
  -- Of the transaction that answered first: leads to its revision.
  xid xid8 not null default pg_current_xact_id(),
  created_at instant not null default now(),
  primary key (tenant_id, request_id)
);

-- The feed, the audit log and the tamper evidence are this one pair of tables.
create table head (
  tenant_id uuid primary key references tenants,
  epoch uuid not null,
  revision bigint not null default 0,
  chain bytea not null default '\x'
);
create table change (
  tenant_id uuid not null,
  epoch uuid not null,
  revision bigint not null,
  xid xid8 not null,
  at instant not null,
  actor text,
  action text not null,
  reason text,
  cause text,
  header_salt bytea,
  header_hash bytea not null,
  effects integer not null,
  digest bytea not null,
  chain bytea not null,
  primary key (tenant_id, revision),
  unique (tenant_id, epoch, xid)
);
-- Row after-images, in the order they were made. `after` null and `hash` kept: erased. op 'delete': after is null and key tells which row.
create table effect (
  tenant_id uuid not null,
  epoch uuid not null,
  xid xid8 not null,
  ordinal integer not null,
  table_name text not null,
  op text not null check (op in ('insert', 'update', 'delete')),
  key jsonb not null,
  after jsonb,
  salt bytea,
  hash bytea not null,
  primary key (tenant_id, epoch, xid, ordinal)
);

reset role;
