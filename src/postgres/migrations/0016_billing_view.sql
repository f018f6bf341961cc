-- What the systems before this one read of a subscription: Stripe's own word for it, and the word that they know.
set local role vouchsafe_owner;
set local search_path = vouchsafe, pg_catalog;

-- A trial counts as active. What Stripe has besides, also words that it has invented since, gives nothing: canceled.
create view billing_subscriptions with (security_invoker = true) as
  select s.subscription::text as subscription, s.customer::text as customer, a.key::text as account, c.subject_id,
    c.organization_id, s.status as stripe_status,
    case when s.status in ('active', 'trialing') then 'active' when s.status = 'past_due' then 'past_due' else 'canceled' end as status,
    s.cancel_at_period_end, s.cancel_at::timestamptz as cancel_at, s.ended_at::timestamptz as ended_at,
    s.trial_end::timestamptz as trial_end, s.period_end::timestamptz as current_period_end,
    s.fetched_at::timestamptz as updated_at, s.tenant_id
  from stripe_subscriptions s
  join stripe_accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id
  left join stripe_customers c on c.tenant_id = s.tenant_id and c.account_id = s.account_id and c.customer = s.customer;

grant select on billing_subscriptions to vouchsafe_app;

reset role;
