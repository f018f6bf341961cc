-- Stripe: its accounts, whom its customers stand for, what becomes of a right when it is not paid any more, what Stripe
-- sent, and who waits to be fetched. An event says who changed; what is true is fetched.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- What the bought number means: nothing; seats in a pool of the organization; the entitlement's value; or the other way
-- round, the number follows the seats that are taken.
alter table price_mappings
  add column module key_text,
  add column quantity text not null default 'ignored'
    check (quantity in ('ignored', 'seats', 'value', 'follows_seats')),
  add column pool key_text,
  add foreign key (tenant_id, module) references modules (tenant_id, key),
  add check ((pool is not null) = (quantity in ('seats', 'follows_seats'))),
  add check (quantity <> 'value' or entitlement_id is not null);
alter table price_mappings drop constraint price_mappings_tenant_id_match_external_id_plan_version_id__key;
alter table price_mappings add constraint price_mappings_once
  unique nulls not distinct (tenant_id, match, external_id, plan_version_id, product_id, entitlement_id, module, pool);

-- A Stripe account of a tenant, in test or in live mode. Secrets are named ("env:NAME", "file:/path"), never stored.
create table stripe_accounts (
  tenant_id uuid not null references tenants,
  id uuid not null,
  -- The path of its webhook: /webhooks/stripe/{key}. Unique over all tenants; only operators write it.
  key key_text not null unique,
  -- "acct_…"; absent: not known, and not compared.
  account text check (account ~ '^acct_[A-Za-z0-9]{1,64}$'),
  livemode boolean not null,
  api_key text not null check (api_key ~ '^(env|file):.' and length(api_key) <= 505),
  -- Several at once while one is replaced.
  webhook_secrets text[] not null check (cardinality(webhook_secrets) between 1 and 5),
  -- The issuer whose subject a client_reference_id is that is no id of ours.
  reference_issuer text,
  -- The key in a checkout's metadata that names which of the mapped entitlements was bought.
  metadata_key text check (length(metadata_key) between 1 and 40),
  active boolean not null default true,
  created_at instant not null default now(),
  primary key (tenant_id, id)
);

-- Whom a customer stands for. Nothing but this says so: metadata is not believed.
create table stripe_customers (
  tenant_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  -- "cus_…"; a checkout without a customer stands for itself ("cs_…").
  customer text collate "C" not null check (customer ~ '^(cus|cs)_[A-Za-z0-9_]{1,250}$'),
  subject_id uuid,
  organization_id uuid,
  bound_by text not null check (bound_by in ('checkout', 'admin')),
  bound_at instant not null,
  primary key (tenant_id, id),
  unique (tenant_id, account_id, customer),
  foreign key (tenant_id, account_id) references stripe_accounts (tenant_id, id),
  foreign key (tenant_id, subject_id) references subjects (tenant_id, id),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id),
  check (num_nonnulls(subject_id, organization_id) = 1)
);
create index stripe_customers_subject on stripe_customers (tenant_id, subject_id) where subject_id is not null;
create index stripe_customers_organization on stripe_customers (tenant_id, organization_id) where organization_id is not null;

-- Which rights are whose: a worker touches those of its customer alone, also where a person has two, or two accounts.
create table stripe_grants (
  tenant_id uuid not null,
  grant_id uuid not null,
  account_id uuid not null,
  customer text collate "C" not null,
  primary key (tenant_id, grant_id),
  foreign key (tenant_id, grant_id) references grants (tenant_id, id),
  foreign key (tenant_id, account_id) references stripe_accounts (tenant_id, id)
);
create index stripe_grants_customer on stripe_grants (tenant_id, account_id, customer);

-- What becomes of what was bought: of one plan, or of all that have no row of their own.
create table lifecycles (
  tenant_id uuid not null references tenants,
  id uuid not null,
  plan_id uuid,
  on_cancel text not null default 'revoke' check (on_cancel in ('revoke', 'downgrade', 'read_only')),
  downgrade_to uuid,
  read_only_days integer check (read_only_days between 1 and 3650),
  -- A collection that is paused leaves the status as it is.
  on_pause text not null default 'keep' check (on_pause in ('keep', 'suspend')),
  on_partial_refund text not null default 'keep' check (on_partial_refund in ('keep', 'revoke')),
  on_dispute text not null default 'suspend' check (on_dispute in ('keep', 'suspend')),
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, plan_id),
  foreign key (tenant_id, plan_id) references plans (tenant_id, id),
  foreign key (tenant_id, downgrade_to) references plan_versions (tenant_id, id),
  check ((downgrade_to is not null) = (on_cancel = 'downgrade')),
  check ((read_only_days is not null) = (on_cancel = 'read_only'))
);

-- The inbox: a row and a mark are committed before Stripe is answered. Bodies are not kept: nothing is read from them
-- but what is here.
create table stripe_events (
  tenant_id uuid not null,
  account_id uuid not null,
  event_id text collate "C" not null check (length(event_id) between 1 and 255),
  type text not null check (length(type) between 1 and 255),
  api_version text check (length(api_version) <= 64),
  created instant not null,
  -- What it is about, and whose it is where the event says so.
  object_id text collate "C" check (length(object_id) <= 255),
  customer text collate "C" check (length(customer) <= 255),
  -- What is fetched because of it: a mark's object. Absent: nothing is.
  marks text collate "C" check (length(marks) <= 255),
  status text not null default 'received' check (status in ('received', 'processed', 'ignored')),
  received_at instant not null,
  received_via text not null check (received_via in ('push', 'sweep', 'replay')),
  processed_at instant,
  -- Of the change that it led to; absent where nothing changed.
  revision bigint,
  primary key (tenant_id, account_id, event_id),
  foreign key (tenant_id, account_id) references stripe_accounts (tenant_id, id)
);
create index stripe_events_waiting on stripe_events (tenant_id, account_id, marks) where status = 'received';
create index stripe_events_recent on stripe_events (tenant_id, received_at desc, event_id);

-- Who is to be fetched: one row, however many events. A worker leases it; what is marked meanwhile counts the generation
-- up, and is fetched again.
create table stripe_marks (
  tenant_id uuid not null,
  account_id uuid not null,
  -- A customer ("cus_…"), or something whose customer is to be found out: a charge, a dispute, a checkout, …
  object text collate "C" not null check (length(object) between 1 and 255),
  generation bigint not null default 1,
  since instant not null,
  due_at instant not null,
  attempts integer not null default 0,
  -- What it waits for: its turn; somebody to bind the customer; an operator, for it failed too often.
  state text not null default 'waiting' check (state in ('waiting', 'unbound', 'dead')),
  error text,
  lease_token uuid,
  lease_until instant,
  primary key (tenant_id, account_id, object),
  foreign key (tenant_id, account_id) references stripe_accounts (tenant_id, id)
);
create index stripe_marks_due on stripe_marks (tenant_id, account_id, due_at) where state = 'waiting';

-- What was fetched last, in our words (src/stripe/state.ts): a mapping that changes is applied to it at once.
create table stripe_states (
  tenant_id uuid not null,
  account_id uuid not null,
  customer text collate "C" not null,
  state jsonb not null,
  -- All that a mapping could match: ids of prices and products, lookup keys, features.
  matches text[] collate "C" not null,
  -- What gave no right and may be expected to: a code and what it is about ("PRICE_UNMAPPED price_1").
  alerts text[] not null default '{}',
  fetched_at instant not null,
  primary key (tenant_id, account_id, customer),
  foreign key (tenant_id, account_id) references stripe_accounts (tenant_id, id)
);
create index stripe_states_matches on stripe_states using gin (matches);

-- Stripe's words for a subscription, as they were fetched.
create table stripe_subscriptions (
  tenant_id uuid not null,
  account_id uuid not null,
  subscription text collate "C" not null,
  customer text collate "C" not null,
  status text not null,
  cancel_at_period_end boolean not null,
  cancel_at instant,
  ended_at instant,
  trial_end instant,
  period_end instant,
  fetched_at instant not null,
  primary key (tenant_id, account_id, subscription),
  foreign key (tenant_id, account_id) references stripe_accounts (tenant_id, id)
);
create index stripe_subscriptions_customer on stripe_subscriptions (tenant_id, account_id, customer);

-- How far an account was read.
create table stripe_progress (
  tenant_id uuid not null,
  account_id uuid not null,
  -- Until when it was looked for events that were not delivered.
  swept_to instant,
  reconciled_at instant,
  -- The last subscription of a pass over all that was cut off.
  reconciling_after text,
  -- Until when some process does it; another may then.
  sweeping_until instant,
  reconciling_until instant,
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references stripe_accounts (tenant_id, id)
);

do $$
declare
  name text;
begin
  foreach name in array array[
    'stripe_accounts', 'stripe_customers', 'lifecycles', 'stripe_events', 'stripe_marks', 'stripe_states',
    'stripe_subscriptions', 'stripe_progress', 'stripe_grants'
  ] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant on %I to vouchsafe_app, vouchsafe_owner '
      'using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid) '
      'with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    -- The worker looks for marks over all tenants, and the door for the account of a path.
    execute format('create policy feed on %I for select to vouchsafe_feed using (true)', name);
    execute format('revoke all on %I from public', name);
    execute format('grant select on %I to vouchsafe_app, vouchsafe_feed', name);
    execute format('grant insert, update, delete on %I to vouchsafe_app', name);
  end loop;
  -- Administration is recorded; what Stripe said is not: the rights that follow from it are.
  foreach name in array array['stripe_accounts', 'stripe_customers', 'lifecycles'] loop
    execute format('create trigger record_insert after insert on %I referencing new table as new_rows '
      'for each statement execute function record_effects(''tenant_id'', ''id'')', name);
    execute format('create trigger record_update after update on %I referencing old table as old_rows new table as new_rows '
      'for each statement execute function record_effects(''tenant_id'', ''id'')', name);
    execute format('create trigger record_delete after delete on %I referencing old table as old_rows '
      'for each statement execute function record_effects(''tenant_id'', ''id'')', name);
  end loop;
end $$;

-- Marks what is to be fetched; the writer's transaction makes it durable. A mark that waits for its next try goes on
-- waiting: Stripe is not asked more often because it sends more. One that was given up is tried anew.
create function mark_stripe(account uuid, marked text, at timestamptz) returns void language sql
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
  insert into stripe_marks as m (tenant_id, account_id, object, since, due_at)
    values (nullif(current_setting('app.tenant_id', true), '')::uuid, account, marked, at, at)
  on conflict (tenant_id, account_id, object) do update set
    generation = m.generation + 1,
    state = 'waiting',
    attempts = case when m.state = 'dead' then 0 else m.attempts end,
    since = case when m.state = 'waiting' then m.since else excluded.since end,
    due_at = case when m.state = 'waiting' then m.due_at else excluded.due_at end
$$;
revoke all on function mark_stripe(uuid, text, timestamptz) from public;
grant execute on function mark_stripe(uuid, text, timestamptz) to vouchsafe_app;

-- Seats that are taken or given back change what is bought, where a mapping says that the number follows them.
create function mark_seat_customers() returns trigger language plpgsql
  set search_path = pg_catalog, vouchsafe, pg_temp as $$
begin
  perform mark_stripe(c.account_id, c.customer, now())
    from (select tenant_id, account_id, customer, organization_id from stripe_customers) c
    where (c.tenant_id, c.organization_id) in (
      select p.tenant_id, p.organization_id from new_rows s
      join seat_pools p on p.tenant_id = s.tenant_id and p.id = s.pool_id
      where exists (select from price_mappings m where m.tenant_id = p.tenant_id and m.pool = p.key and m.quantity = 'follows_seats'))
    order by c.account_id, c.customer;
  return null;
end $$;
create trigger mark_customers_insert after insert on seats referencing new table as new_rows
  for each statement execute function mark_seat_customers();
create trigger mark_customers_update after update on seats referencing new table as new_rows
  for each statement execute function mark_seat_customers();

reset role;
