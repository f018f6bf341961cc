-- Stripe, where there are millions: all lists are read a page at a time, and what a mapping changes is applied a slice at a
-- time.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- A list of Stripe's goes by the time of making, the newest first: so both can be read side by side.
alter table stripe_subscriptions add column created instant;
alter table stripe_subscriptions no force row level security;
alter table stripe_states no force row level security;
update stripe_subscriptions u set created = coalesce((
  select to_timestamp((s ->> 'created')::bigint / 1000.0) from stripe_states o, jsonb_array_elements(o.state -> 'subscriptions') s
  where o.tenant_id = u.tenant_id and o.account_id = u.account_id and o.customer = u.customer and s ->> 'id' = u.subscription
), u.fetched_at);
alter table stripe_subscriptions force row level security;
alter table stripe_states force row level security;
alter table stripe_subscriptions alter column created set not null;
create index stripe_subscriptions_created on stripe_subscriptions (tenant_id, account_id, created);

-- What is paid once is brought in beside what renews, and seldom: there is more of it, and it changes less.
alter table stripe_progress
  add column importing_until instant,
  add column imported_at instant,
  -- Which list, and the last of it, of a pass that was cut off.
  add column importing_after text;

-- A mapping or a rule that changed, whose effect on those who bought before is applied by and by.
create table stripe_remaps (
  tenant_id uuid not null,
  id uuid not null,
  -- Ids of prices and products, lookup keys, features.
  external_ids text[] collate "C" not null,
  -- A feature was mapped for the first time: nobody was asked for those, so everybody is fetched.
  everybody boolean not null,
  -- The last customer that was done.
  account_id uuid not null,
  customer text collate "C" not null,
  primary key (tenant_id, id),
  foreign key (tenant_id) references tenants
);
alter table stripe_remaps enable row level security;
alter table stripe_remaps force row level security;
create policy tenant on stripe_remaps to vouchsafe_app, vouchsafe_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy feed on stripe_remaps for select to vouchsafe_feed using (true);
revoke all on stripe_remaps from public;
grant select on stripe_remaps to vouchsafe_app, vouchsafe_feed;
grant insert, update, delete on stripe_remaps to vouchsafe_app;

reset role;
