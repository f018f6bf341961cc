domain entitlement_key text CHECK ((VALUE ~ '^[a-z0-9][a-z0-9_.-]{0,62}(:[a-z0-9][a-z0-9_.-]{0,62})?$'::text))
domain instant timestamp(3) with time zone
domain key_text text CHECK ((VALUE ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'::text))

table caller_keys.tenant_id uuid not null
table caller_keys.id text not null
table caller_keys.caller_id uuid not null
table caller_keys.sha256 bytea not null
table caller_keys.expires_at vouchsafe.instant
table caller_keys.disabled_at vouchsafe.instant
table caller_keys.created_at vouchsafe.instant not null default now()
table callers.tenant_id uuid not null
table callers.id uuid not null
table callers.name text not null
table callers.kind text not null
table callers.roles text[] not null
table callers.certificate_sha256 text
table callers.disabled_at vouchsafe.instant
table callers.subject_id uuid
table change.tenant_id uuid not null
table change.epoch uuid not null
table change.revision bigint not null
table change.xid xid8 not null
table change.at vouchsafe.instant not null
table change.actor text
table change.action text not null
table change.reason text
table change.cause text
table change.header_salt bytea
table change.header_hash bytea not null
table change.effects integer not null
table change.digest bytea not null
table change.chain bytea not null
table checkpoints.tenant_id uuid not null
table checkpoints.revision bigint not null
table checkpoints.epoch uuid not null
table checkpoints.chain bytea not null
table checkpoints.at vouchsafe.instant not null
table checkpoints.effects bigint not null
table checkpoints.pruned bigint not null
table checkpoints.kept bigint not null
table checkpoints.kept_digest bytea not null
table checkpoints.export_name text not null
table checkpoints.export_bytes bigint not null
table checkpoints.export_sha256 bytea not null
table checkpoints.pruned_at vouchsafe.instant not null
table delegations.tenant_id uuid not null
table delegations.id uuid not null
table delegations.subject_id uuid not null
table delegations.organization_id uuid not null
table delegations.module vouchsafe.key_text
table delegations.may_grant text[] not null default '{}'::text[]
table delegations.max_seats integer
table delegations.starts_at vouchsafe.instant not null
table delegations.ends_at vouchsafe.instant
table delegations.revoked_at vouchsafe.instant
table effect.tenant_id uuid not null
table effect.epoch uuid not null
table effect.xid xid8 not null
table effect.ordinal integer not null
table effect.table_name text not null
table effect.op text not null
table effect.key jsonb not null
table effect.after jsonb
table effect.salt bytea
table effect.hash bytea not null
table effect_pack.tenant_id uuid not null
table effect_pack.epoch uuid not null
table effect_pack.xid xid8 not null
table effect_pack.ordinal integer not null
table effect_pack.table_name text not null
table effect_pack.blank text not null
table effect_pack.holders uuid[] not null
table effect_pack.first_holder uuid not null
table effect_pack.last_holder uuid not null
table effect_pack.salts bytea not null
table effect_pack.hashes bytea not null
table effect_pack.images text not null
table effect_pack.marks bytea
table entitlement_families.tenant_id uuid not null
table entitlement_families.pattern text not null
table entitlement_families.entitlement_id uuid not null
table entitlements.tenant_id uuid not null
table entitlements.id uuid not null
table entitlements.key vouchsafe.entitlement_key not null
table entitlements.name text not null default ''::text
table entitlements.kind text not null default 'boolean'::text
table entitlements.combine text not null
table entitlements.attributes jsonb not null default '{}'::jsonb
table entitlements.requires text[] not null default '{}'::text[]
table entitlements.requires_facts text[] not null default '{}'::text[]
table entitlements.experiment jsonb
table entitlements.unit text
table entitlements.deny_as integer not null default 403
table entitlements.fail_mode jsonb not null default '{"mode": "last_known", "for_ms": 86400000}'::jsonb
table entitlements.archived_at vouchsafe.instant
table experiment_assignments.tenant_id uuid not null
table experiment_assignments.subject_id uuid not null
table experiment_assignments.experiment vouchsafe.key_text not null
table experiment_assignments.variant vouchsafe.key_text not null
table facts.tenant_id uuid not null
table facts.subject_id uuid not null
table facts.key text not null
table facts.value jsonb not null
table facts.at vouchsafe.instant not null default now()
table grants.tenant_id uuid not null
table grants.id uuid not null
table grants.subject_id uuid
table grants.organization_id uuid
table grants.scope_organization_id uuid
table grants.module vouchsafe.key_text
table grants.entitlement_id uuid
table grants.product_id uuid
table grants.plan_version_id uuid
table grants.pool_id uuid
table grants.effect text not null default 'allow'::text
table grants.access text not null default 'full'::text
table grants.value jsonb
table grants.quantity bigint
table grants.source text not null
table grants.source_ref text not null default ''::text
table grants.reason text not null default ''::text
table grants.starts_at vouchsafe.instant not null
table grants.ends_at vouchsafe.instant
table grants.past_due_at vouchsafe.instant
table grants.granted_by text
table grants.granted_at vouchsafe.instant not null default now()
table grants.revoked_at vouchsafe.instant
table grants.revoked_by text
table grants.revoke_reason text
table grants.cost_microcents bigint
table grants.metadata jsonb not null default '{}'::jsonb
table grants.updated_at vouchsafe.instant
table head.tenant_id uuid not null
table head.epoch uuid not null
table head.revision bigint not null default 0
table head.chain bytea not null default '\x'::bytea
table identities.tenant_id uuid not null
table identities.iss text not null
table identities.sub text not null
table identities.subject_id uuid not null
table identities.email text
table imports.tenant_id uuid not null
table imports.id text not null
table imports.bytes bigint not null
table imports.lines bigint not null
table imports.added bigint not null default 0
table imports.present bigint not null default 0
table imports.rejected bigint not null default 0
table imports.updated_at vouchsafe.instant not null default now()
table issuer_audiences.tenant_id uuid not null
table issuer_audiences.issuer_id uuid not null
table issuer_audiences.iss text not null
table issuer_audiences.audience text not null
table issuers.tenant_id uuid not null
table issuers.id uuid not null
table issuers.iss text not null
table issuers.kind text not null default 'generic'::text
table issuers.audience_from text not null default 'aud'::text
table issuers.audiences text[] not null
table issuers.algorithms text[] not null default '{RS256}'::text[]
table issuers.jwks_uri text
table issuers.jwks jsonb
table issuers.token_use text
table issuers.typ text
table issuers.authority text not null default 'database'::text
table issuers.claim_map jsonb not null default '{}'::jsonb
table issuers.tolerance_seconds integer not null default 30
table lifecycles.tenant_id uuid not null
table lifecycles.id uuid not null
table lifecycles.plan_id uuid
table lifecycles.on_cancel text not null default 'revoke'::text
table lifecycles.downgrade_to uuid
table lifecycles.read_only_days integer
table lifecycles.on_pause text not null default 'keep'::text
table lifecycles.on_partial_refund text not null default 'keep'::text
table lifecycles.on_dispute text not null default 'suspend'::text
table modules.tenant_id uuid not null
table modules.key vouchsafe.key_text not null
table modules.provisioning text not null default 'direct_user'::text
table modules.member_entitlement vouchsafe.entitlement_key
table modules.zone text not null default 'UTC'::text
table open_transaction.xid xid8 not null unlogged
table open_transaction.tenant_id uuid not null unlogged
table open_transaction.epoch uuid not null unlogged
table open_transaction.effects integer not null default 0 unlogged
table open_transaction.sealed boolean not null default false unlogged
table operations.tenant_id uuid not null
table operations.request_id text not null
table operations.request_sha256 bytea not null
table operations.response jsonb not null
table operations.xid xid8 not null default pg_current_xact_id()
table operations.created_at vouchsafe.instant not null default now()
table organization_members.tenant_id uuid not null
table organization_members.organization_id uuid not null
table organization_members.subject_id uuid not null
table organization_members.role text not null default 'member'::text
table organizations.tenant_id uuid not null
table organizations.id uuid not null
table organizations.key vouchsafe.key_text not null
table organizations.name text not null default ''::text
table organizations.parent_id uuid
table plan_items.tenant_id uuid not null
table plan_items.plan_version_id uuid not null
table plan_items.id uuid not null
table plan_items.entitlement_id uuid
table plan_items.product_id uuid
table plan_items.value jsonb
table plan_versions.tenant_id uuid not null
table plan_versions.id uuid not null
table plan_versions.plan_id uuid not null
table plan_versions.n integer not null
table plan_versions.status text not null default 'draft'::text
table plan_versions.published_at vouchsafe.instant
table plans.tenant_id uuid not null
table plans.id uuid not null
table plans.key vouchsafe.key_text not null
table plans.name text not null default ''::text
table plans.kind text not null
table plans.rank integer not null default 0
table plans.group_key vouchsafe.key_text
table plans.trial_days integer
table price_mappings.tenant_id uuid not null
table price_mappings.id uuid not null
table price_mappings.match text not null
table price_mappings.external_id text not null
table price_mappings.plan_version_id uuid
table price_mappings.product_id uuid
table price_mappings.entitlement_id uuid
table price_mappings.module vouchsafe.key_text
table price_mappings.quantity text not null default 'ignored'::text
table price_mappings.pool vouchsafe.key_text
table product_entitlements.tenant_id uuid not null
table product_entitlements.product_id uuid not null
table product_entitlements.surface vouchsafe.key_text not null
table product_entitlements.open boolean
table product_entitlements.deny_as integer
table products.tenant_id uuid not null
table products.id uuid not null
table products.key vouchsafe.key_text not null
table products.name text not null default ''::text
table products.requires_entitlement boolean not null default false
table products.active boolean not null default true
table products.backfilled_members integer
table reconciliations.tenant_id uuid not null
table reconciliations.id uuid not null
table reconciliations.subject_id uuid not null
table reconciliations.at vouchsafe.instant not null
table reconciliations.asked_by text not null default ''::text
table reconciliations.changed integer not null default 0
table reconciliations.live integer not null default 0
table reconciliations.billing_asked boolean not null default false
table resources.tenant_id uuid not null
table resources.kind text not null
table resources.key text not null
table resources.name text not null default ''::text
table resources.entitlement_id uuid
table routes.tenant_id uuid not null
table routes.id uuid not null
table routes.host text not null default '*'::text
table routes.method text not null default '*'::text
table routes.pattern text not null
table routes.public boolean not null default false
table routes.any_of text[] not null default '{}'::text[]
table routes.all_of text[] not null default '{}'::text[]
table routes.context jsonb not null default '{}'::jsonb
table routes.partial_body boolean not null default false
table seat_invitations.tenant_id uuid not null
table seat_invitations.id uuid not null
table seat_invitations.pool_id uuid not null
table seat_invitations.code_sha256 bytea not null
table seat_invitations.invited_by text not null default ''::text
table seat_invitations.created_at vouchsafe.instant not null
table seat_invitations.expires_at vouchsafe.instant not null
table seat_invitations.accepted_at vouchsafe.instant
table seat_invitations.seat_id uuid
table seat_invitations.cancelled_at vouchsafe.instant
table seat_invitations.delegation_id uuid
table seat_pools.tenant_id uuid not null
table seat_pools.id uuid not null
table seat_pools.organization_id uuid not null
table seat_pools.module vouchsafe.key_text
table seat_pools.key vouchsafe.key_text not null
table seat_pools.on_shrink text not null default 'keep'::text
table seats.tenant_id uuid not null
table seats.id uuid not null
table seats.pool_id uuid not null
table seats.subject_id uuid not null
table seats.assigned_at vouchsafe.instant not null
table seats.assigned_by text not null default ''::text
table seats.released_at vouchsafe.instant
table seats.delegation_id uuid
table stripe_accounts.tenant_id uuid not null
table stripe_accounts.id uuid not null
table stripe_accounts.key vouchsafe.key_text not null
table stripe_accounts.account text
table stripe_accounts.livemode boolean not null
table stripe_accounts.api_key text not null
table stripe_accounts.webhook_secrets text[] not null
table stripe_accounts.reference_issuer text
table stripe_accounts.metadata_key text
table stripe_accounts.active boolean not null default true
table stripe_accounts.created_at vouchsafe.instant not null default now()
table stripe_customers.tenant_id uuid not null
table stripe_customers.id uuid not null
table stripe_customers.account_id uuid not null
table stripe_customers.customer text not null
table stripe_customers.subject_id uuid
table stripe_customers.organization_id uuid
table stripe_customers.bound_by text not null
table stripe_customers.bound_at vouchsafe.instant not null
table stripe_events.tenant_id uuid not null
table stripe_events.account_id uuid not null
table stripe_events.event_id text not null
table stripe_events.type text not null
table stripe_events.api_version text
table stripe_events.created vouchsafe.instant not null
table stripe_events.object_id text
table stripe_events.customer text
table stripe_events.marks text
table stripe_events.status text not null default 'received'::text
table stripe_events.received_at vouchsafe.instant not null
table stripe_events.received_via text not null
table stripe_events.processed_at vouchsafe.instant
table stripe_events.revision bigint
table stripe_grants.tenant_id uuid not null
table stripe_grants.grant_id uuid not null
table stripe_grants.account_id uuid not null
table stripe_grants.customer text not null
table stripe_marks.tenant_id uuid not null
table stripe_marks.account_id uuid not null
table stripe_marks.object text not null
table stripe_marks.generation bigint not null default 1
table stripe_marks.since vouchsafe.instant not null
table stripe_marks.due_at vouchsafe.instant not null
table stripe_marks.attempts integer not null default 0
table stripe_marks.state text not null default 'waiting'::text
table stripe_marks.error text
table stripe_marks.lease_token uuid
table stripe_marks.lease_until vouchsafe.instant
table stripe_progress.tenant_id uuid not null
table stripe_progress.account_id uuid not null
table stripe_progress.swept_to vouchsafe.instant
table stripe_progress.reconciled_at vouchsafe.instant
table stripe_progress.reconciling_after text
table stripe_progress.sweeping_until vouchsafe.instant
table stripe_progress.reconciling_until vouchsafe.instant
table stripe_progress.importing_until vouchsafe.instant
table stripe_progress.imported_at vouchsafe.instant
table stripe_progress.importing_after text
table stripe_remaps.tenant_id uuid not null
table stripe_remaps.id uuid not null
table stripe_remaps.external_ids text[] not null
table stripe_remaps.everybody boolean not null
table stripe_remaps.account_id uuid not null
table stripe_remaps.customer text not null
table stripe_states.tenant_id uuid not null
table stripe_states.account_id uuid not null
table stripe_states.customer text not null
table stripe_states.state jsonb not null
table stripe_states.matches text[] not null
table stripe_states.alerts text[] not null default '{}'::text[]
table stripe_states.fetched_at vouchsafe.instant not null
table stripe_subscriptions.tenant_id uuid not null
table stripe_subscriptions.account_id uuid not null
table stripe_subscriptions.subscription text not null
table stripe_subscriptions.customer text not null
table stripe_subscriptions.status text not null
table stripe_subscriptions.cancel_at_period_end boolean not null
table stripe_subscriptions.cancel_at vouchsafe.instant
table stripe_subscriptions.ended_at vouchsafe.instant
table stripe_subscriptions.trial_end vouchsafe.instant
table stripe_subscriptions.period_end vouchsafe.instant
table stripe_subscriptions.fetched_at vouchsafe.instant not null
table stripe_subscriptions.created vouchsafe.instant not null
table subjects.tenant_id uuid not null
table subjects.id uuid not null
table subjects.kind text not null default 'user'::text
table subjects.tokens_not_before vouchsafe.instant
table subjects.deleted_at vouchsafe.instant
table subjects.created_at vouchsafe.instant not null default now()
table tenants.tenant_id uuid not null
table tenants.key vouchsafe.key_text not null
table tenants.name text not null default ''::text
table tenants.grace_days integer not null default 7
table tenants.default_module vouchsafe.key_text
table tenants.default_tier vouchsafe.key_text
table tenants.active boolean not null default true
table tenants.created_at vouchsafe.instant not null default now()
table trial_uses.tenant_id uuid not null
table trial_uses.id uuid not null
table trial_uses.group_key vouchsafe.key_text not null
table trial_uses.subject_id uuid
table trial_uses.organization_id uuid
table trial_uses.grant_id uuid not null

view vouchsafe.billing_subscriptions.subscription text with security_invoker=true
view vouchsafe.billing_subscriptions.customer text with security_invoker=true
view vouchsafe.billing_subscriptions.account text with security_invoker=true
view vouchsafe.billing_subscriptions.subject_id uuid with security_invoker=true
view vouchsafe.billing_subscriptions.organization_id uuid with security_invoker=true
view vouchsafe.billing_subscriptions.stripe_status text with security_invoker=true
view vouchsafe.billing_subscriptions.status text with security_invoker=true
view vouchsafe.billing_subscriptions.cancel_at_period_end boolean with security_invoker=true
view vouchsafe.billing_subscriptions.cancel_at timestamp with time zone with security_invoker=true
view vouchsafe.billing_subscriptions.ended_at timestamp with time zone with security_invoker=true
view vouchsafe.billing_subscriptions.trial_end timestamp with time zone with security_invoker=true
view vouchsafe.billing_subscriptions.current_period_end timestamp with time zone with security_invoker=true
view vouchsafe.billing_subscriptions.updated_at timestamp with time zone with security_invoker=true
view vouchsafe.billing_subscriptions.tenant_id uuid with security_invoker=true
view vouchsafe.core_entitlement_audit_log.id text with security_invoker=true
view vouchsafe.core_entitlement_audit_log.revision bigint with security_invoker=true
view vouchsafe.core_entitlement_audit_log.created_at timestamp with time zone with security_invoker=true
view vouchsafe.core_entitlement_audit_log.actor text with security_invoker=true
view vouchsafe.core_entitlement_audit_log.action text with security_invoker=true
view vouchsafe.core_entitlement_audit_log.reason text with security_invoker=true
view vouchsafe.core_entitlement_audit_log.cause text with security_invoker=true
view vouchsafe.core_entitlement_audit_log.entity text with security_invoker=true
view vouchsafe.core_entitlement_audit_log.entity_key jsonb with security_invoker=true
view vouchsafe.core_entitlement_audit_log.op text with security_invoker=true
view vouchsafe.core_entitlement_audit_log.before jsonb with security_invoker=true
view vouchsafe.core_entitlement_audit_log.after jsonb with security_invoker=true
view vouchsafe.core_entitlement_audit_log.user_id uuid with security_invoker=true
view vouchsafe.core_entitlement_audit_log.organization_id uuid with security_invoker=true
view vouchsafe.core_entitlement_audit_log.entitlement_id uuid with security_invoker=true
view vouchsafe.core_entitlement_audit_log.tenant_id uuid with security_invoker=true
view vouchsafe.core_entitlements.id uuid with security_invoker=true
view vouchsafe.core_entitlements.name text with security_invoker=true
view vouchsafe.core_entitlements.display_name text with security_invoker=true
view vouchsafe.core_entitlements.features jsonb with security_invoker=true
view vouchsafe.core_entitlements.limits jsonb with security_invoker=true
view vouchsafe.core_entitlements.access_rules jsonb with security_invoker=true
view vouchsafe.core_entitlements.active boolean with security_invoker=true
view vouchsafe.core_entitlements.tenant_key text with security_invoker=true
view vouchsafe.core_entitlements.prices jsonb with security_invoker=true
view vouchsafe.core_entitlements.currency text with security_invoker=true
view vouchsafe.core_entitlements.tenant_id uuid with security_invoker=true
view vouchsafe.core_org_entitlements.id uuid with security_invoker=true
view vouchsafe.core_org_entitlements.organization_id uuid with security_invoker=true
view vouchsafe.core_org_entitlements.organization text with security_invoker=true
view vouchsafe.core_org_entitlements.entitlement_id uuid with security_invoker=true
view vouchsafe.core_org_entitlements.entitlement text with security_invoker=true
view vouchsafe.core_org_entitlements.quantity bigint with security_invoker=true
view vouchsafe.core_org_entitlements.allocated bigint with security_invoker=true
view vouchsafe.core_org_entitlements.expires_at timestamp with time zone with security_invoker=true
view vouchsafe.core_org_entitlements.auto_renew boolean with security_invoker=true
view vouchsafe.core_org_entitlements.status text with security_invoker=true
view vouchsafe.core_org_entitlements.starts_at timestamp with time zone with security_invoker=true
view vouchsafe.core_org_entitlements.revoked_at timestamp with time zone with security_invoker=true
view vouchsafe.core_org_entitlements.source text with security_invoker=true
view vouchsafe.core_org_entitlements.source_ref text with security_invoker=true
view vouchsafe.core_org_entitlements.tenant_id uuid with security_invoker=true
view vouchsafe.core_user_entitlements.id uuid with security_invoker=true
view vouchsafe.core_user_entitlements.user_id uuid with security_invoker=true
view vouchsafe.core_user_entitlements.entitlement_id uuid with security_invoker=true
view vouchsafe.core_user_entitlements.entitlement text with security_invoker=true
view vouchsafe.core_user_entitlements.org_entitlement_id uuid with security_invoker=true
view vouchsafe.core_user_entitlements.granted_at timestamp with time zone with security_invoker=true
view vouchsafe.core_user_entitlements.starts_at timestamp with time zone with security_invoker=true
view vouchsafe.core_user_entitlements.expires_at timestamp with time zone with security_invoker=true
view vouchsafe.core_user_entitlements.revoked_at timestamp with time zone with security_invoker=true
view vouchsafe.core_user_entitlements.granted_by text with security_invoker=true
view vouchsafe.core_user_entitlements.grant_reason text with security_invoker=true
view vouchsafe.core_user_entitlements.revoke_reason text with security_invoker=true
view vouchsafe.core_user_entitlements.first_used_at timestamp with time zone with security_invoker=true
view vouchsafe.core_user_entitlements.last_used_at timestamp with time zone with security_invoker=true
view vouchsafe.core_user_entitlements.usage_count bigint with security_invoker=true
view vouchsafe.core_user_entitlements.source text with security_invoker=true
view vouchsafe.core_user_entitlements.source_ref text with security_invoker=true
view vouchsafe.core_user_entitlements.access text with security_invoker=true
view vouchsafe.core_user_entitlements.module text with security_invoker=true
view vouchsafe.core_user_entitlements.active boolean with security_invoker=true
view vouchsafe.core_user_entitlements.tenant_id uuid with security_invoker=true
view vouchsafe.effects.tenant_id uuid with security_invoker=true
view vouchsafe.effects.epoch uuid with security_invoker=true
view vouchsafe.effects.xid xid8 with security_invoker=true
view vouchsafe.effects.ordinal integer with security_invoker=true
view vouchsafe.effects.table_name text with security_invoker=true
view vouchsafe.effects.op text with security_invoker=true
view vouchsafe.effects.key jsonb with security_invoker=true
view vouchsafe.effects.after jsonb with security_invoker=true
view vouchsafe.effects.salt bytea with security_invoker=true
view vouchsafe.effects.hash bytea with security_invoker=true
view vouchsafe.entitlement_gives.tenant_id uuid with security_invoker=true
view vouchsafe.entitlement_gives.giver_id uuid with security_invoker=true
view vouchsafe.entitlement_gives.entitlement_id uuid with security_invoker=true
view vouchsafe.flat_entitlements.user_id text with security_invoker=true
view vouchsafe.flat_entitlements.entitlement text with security_invoker=true
view vouchsafe.flat_entitlements.status text with security_invoker=true
view vouchsafe.flat_entitlements.starts_at timestamp with time zone with security_invoker=true
view vouchsafe.flat_entitlements.ends_at timestamp with time zone with security_invoker=true
view vouchsafe.flat_entitlements.source text with security_invoker=true
view vouchsafe.flat_entitlements.source_ref text with security_invoker=true
view vouchsafe.flat_entitlements.updated_at timestamp with time zone with security_invoker=true
view vouchsafe.flat_entitlements.issuer text with security_invoker=true
view vouchsafe.flat_entitlements.tenant_id uuid with security_invoker=true
view vouchsafe.flat_entitlements.subject_id uuid with security_invoker=true
view vouchsafe.flat_entitlements.grant_id uuid with security_invoker=true
view vouchsafe.flat_entitlements.module text with security_invoker=true
view vouchsafe.flat_entitlements.access text with security_invoker=true
view vouchsafe.flat_entitlements.grants integer with security_invoker=true
view vouchsafe.grant_entitlements.tenant_id uuid with security_invoker=true
view vouchsafe.grant_entitlements.grant_id uuid with security_invoker=true
view vouchsafe.grant_entitlements.entitlement_id uuid with security_invoker=true
view vouchsafe.packed_effect.tenant_id uuid with security_invoker=true
view vouchsafe.packed_effect.epoch uuid with security_invoker=true
view vouchsafe.packed_effect.xid xid8 with security_invoker=true
view vouchsafe.packed_effect.ordinal integer with security_invoker=true
view vouchsafe.packed_effect.table_name text with security_invoker=true
view vouchsafe.packed_effect.op text with security_invoker=true
view vouchsafe.packed_effect.key jsonb with security_invoker=true
view vouchsafe.packed_effect.after jsonb with security_invoker=true
view vouchsafe.packed_effect.salt bytea with security_invoker=true
view vouchsafe.packed_effect.hash bytea with security_invoker=true
view vouchsafe.packed_effect.holder uuid with security_invoker=true
view vouchsafe.packed_effect.first_holder uuid with security_invoker=true
view vouchsafe.packed_effect.last_holder uuid with security_invoker=true
view vouchsafe.packed_effect.pack integer with security_invoker=true
view vouchsafe.packed_effect.n integer with security_invoker=true
view vouchsafe.packed_effect.marks bytea with security_invoker=true
view vouchsafe.subject_entitlements.user_id text with security_invoker=true
view vouchsafe.subject_entitlements.entitlement text with security_invoker=true
view vouchsafe.subject_entitlements.status text with security_invoker=true
view vouchsafe.subject_entitlements.starts_at timestamp with time zone with security_invoker=true
view vouchsafe.subject_entitlements.ends_at timestamp with time zone with security_invoker=true
view vouchsafe.subject_entitlements.source text with security_invoker=true
view vouchsafe.subject_entitlements.source_ref text with security_invoker=true
view vouchsafe.subject_entitlements.updated_at timestamp with time zone with security_invoker=true
view vouchsafe.subject_entitlements.issuer text with security_invoker=true
view vouchsafe.subject_entitlements.tenant_id uuid with security_invoker=true
view vouchsafe.subject_entitlements.subject_id uuid with security_invoker=true
view vouchsafe.subject_entitlements.grant_id uuid with security_invoker=true
view vouchsafe.subject_entitlements.module text with security_invoker=true
view vouchsafe.subject_entitlements.access text with security_invoker=true
view core.entitlement_audit_log.id text with security_invoker=true
view core.entitlement_audit_log.revision bigint with security_invoker=true
view core.entitlement_audit_log.created_at timestamp with time zone with security_invoker=true
view core.entitlement_audit_log.actor text with security_invoker=true
view core.entitlement_audit_log.action text with security_invoker=true
view core.entitlement_audit_log.reason text with security_invoker=true
view core.entitlement_audit_log.cause text with security_invoker=true
view core.entitlement_audit_log.entity text with security_invoker=true
view core.entitlement_audit_log.entity_key jsonb with security_invoker=true
view core.entitlement_audit_log.op text with security_invoker=true
view core.entitlement_audit_log.before jsonb with security_invoker=true
view core.entitlement_audit_log.after jsonb with security_invoker=true
view core.entitlement_audit_log.user_id uuid with security_invoker=true
view core.entitlement_audit_log.organization_id uuid with security_invoker=true
view core.entitlement_audit_log.entitlement_id uuid with security_invoker=true
view core.entitlement_audit_log.tenant_id uuid with security_invoker=true
view core.entitlements.id uuid with security_invoker=true
view core.entitlements.name text with security_invoker=true
view core.entitlements.display_name text with security_invoker=true
view core.entitlements.features jsonb with security_invoker=true
view core.entitlements.limits jsonb with security_invoker=true
view core.entitlements.access_rules jsonb with security_invoker=true
view core.entitlements.active boolean with security_invoker=true
view core.entitlements.tenant_key text with security_invoker=true
view core.entitlements.prices jsonb with security_invoker=true
view core.entitlements.currency text with security_invoker=true
view core.entitlements.tenant_id uuid with security_invoker=true
view core.org_entitlements.id uuid with security_invoker=true
view core.org_entitlements.organization_id uuid with security_invoker=true
view core.org_entitlements.organization text with security_invoker=true
view core.org_entitlements.entitlement_id uuid with security_invoker=true
view core.org_entitlements.entitlement text with security_invoker=true
view core.org_entitlements.quantity bigint with security_invoker=true
view core.org_entitlements.allocated bigint with security_invoker=true
view core.org_entitlements.expires_at timestamp with time zone with security_invoker=true
view core.org_entitlements.auto_renew boolean with security_invoker=true
view core.org_entitlements.status text with security_invoker=true
view core.org_entitlements.starts_at timestamp with time zone with security_invoker=true
view core.org_entitlements.revoked_at timestamp with time zone with security_invoker=true
view core.org_entitlements.source text with security_invoker=true
view core.org_entitlements.source_ref text with security_invoker=true
view core.org_entitlements.tenant_id uuid with security_invoker=true
view core.user_entitlements.id uuid with security_invoker=true
view core.user_entitlements.user_id uuid with security_invoker=true
view core.user_entitlements.entitlement_id uuid with security_invoker=true
view core.user_entitlements.entitlement text with security_invoker=true
view core.user_entitlements.org_entitlement_id uuid with security_invoker=true
view core.user_entitlements.granted_at timestamp with time zone with security_invoker=true
view core.user_entitlements.starts_at timestamp with time zone with security_invoker=true
view core.user_entitlements.expires_at timestamp with time zone with security_invoker=true
view core.user_entitlements.revoked_at timestamp with time zone with security_invoker=true
view core.user_entitlements.granted_by text with security_invoker=true
view core.user_entitlements.grant_reason text with security_invoker=true
view core.user_entitlements.revoke_reason text with security_invoker=true
view core.user_entitlements.first_used_at timestamp with time zone with security_invoker=true
view core.user_entitlements.last_used_at timestamp with time zone with security_invoker=true
view core.user_entitlements.usage_count bigint with security_invoker=true
view core.user_entitlements.source text with security_invoker=true
view core.user_entitlements.source_ref text with security_invoker=true
view core.user_entitlements.access text with security_invoker=true
view core.user_entitlements.module text with security_invoker=true
view core.user_entitlements.active boolean with security_invoker=true
view core.user_entitlements.tenant_id uuid with security_invoker=true

constraint caller_keys caller_keys_id_check CHECK ((id ~ '^[A-Za-z0-9]{12}$'::text))
constraint caller_keys caller_keys_pkey PRIMARY KEY (tenant_id, id)
constraint caller_keys caller_keys_sha256_check CHECK ((length(sha256) = 32))
constraint caller_keys caller_keys_tenant_id_caller_id_fkey FOREIGN KEY (tenant_id, caller_id) REFERENCES vouchsafe.callers(tenant_id, id)
constraint callers callers_certificate_sha256_check CHECK ((certificate_sha256 ~ '^[0-9a-f]{64}$'::text))
constraint callers callers_kind_check CHECK ((kind = ANY (ARRAY['key'::text, 'mtls'::text, 'token'::text])))
constraint callers callers_pkey PRIMARY KEY (tenant_id, id)
constraint callers callers_roles_check CHECK ((roles <@ '{operator,tenant_admin,delegate,service,worker,gateway,auditor}'::text[]))
constraint callers callers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint callers callers_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint change change_pkey PRIMARY KEY (tenant_id, revision)
constraint change change_tenant_id_epoch_xid_key UNIQUE (tenant_id, epoch, xid)
constraint checkpoints checkpoints_chain_check CHECK ((length(chain) = 32))
constraint checkpoints checkpoints_effects_check CHECK ((effects >= 0))
constraint checkpoints checkpoints_export_bytes_check CHECK ((export_bytes >= 0))
constraint checkpoints checkpoints_export_sha256_check CHECK ((length(export_sha256) = 32))
constraint checkpoints checkpoints_kept_check CHECK ((kept >= 0))
constraint checkpoints checkpoints_kept_digest_check CHECK ((length(kept_digest) = 32))
constraint checkpoints checkpoints_pkey PRIMARY KEY (tenant_id, revision)
constraint checkpoints checkpoints_pruned_check CHECK ((pruned >= 0))
constraint checkpoints checkpoints_revision_check CHECK ((revision > 0))
constraint checkpoints checkpoints_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint delegations delegations_check CHECK (((ends_at)::timestamp with time zone > (starts_at)::timestamp with time zone))
constraint delegations delegations_max_seats_check CHECK ((max_seats >= 0))
constraint delegations delegations_pkey PRIMARY KEY (tenant_id, id)
constraint delegations delegations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint delegations delegations_tenant_id_module_fkey FOREIGN KEY (tenant_id, module) REFERENCES vouchsafe.modules(tenant_id, key)
constraint delegations delegations_tenant_id_organization_id_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint delegations delegations_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint effect effect_op_check CHECK ((op = ANY (ARRAY['insert'::text, 'update'::text, 'delete'::text])))
constraint effect effect_pkey PRIMARY KEY (tenant_id, epoch, xid, ordinal)
constraint effect_pack effect_pack_pkey PRIMARY KEY (tenant_id, epoch, xid, ordinal)
constraint entitlement_families entitlement_families_pattern_check CHECK ((pattern ~ '^[a-z0-9][a-z0-9_.:-]{0,126}\*$'::text))
constraint entitlement_families entitlement_families_pkey PRIMARY KEY (tenant_id, pattern, entitlement_id)
constraint entitlement_families entitlement_families_tenant_id_entitlement_id_fkey FOREIGN KEY (tenant_id, entitlement_id) REFERENCES vouchsafe.entitlements(tenant_id, id)
constraint entitlements entitlements_combine_check CHECK ((combine = ANY (ARRAY['any'::text, 'max'::text, 'sum'::text, 'union'::text])))
constraint entitlements entitlements_deny_as_check CHECK ((deny_as = ANY (ARRAY[401, 402, 403, 404, 429])))
constraint entitlements entitlements_kind_check CHECK ((kind = ANY (ARRAY['boolean'::text, 'config'::text, 'limit'::text, 'metered'::text, 'credit'::text])))
constraint entitlements entitlements_pkey PRIMARY KEY (tenant_id, id)
constraint entitlements entitlements_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint entitlements entitlements_tenant_id_key_key UNIQUE (tenant_id, key)
constraint experiment_assignments experiment_assignments_pkey PRIMARY KEY (tenant_id, subject_id, experiment)
constraint experiment_assignments experiment_assignments_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint facts facts_key_check CHECK (((length(key) >= 1) AND (length(key) <= 127)))
constraint facts facts_pkey PRIMARY KEY (tenant_id, subject_id, key)
constraint facts facts_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint grants grants_access_check CHECK ((access = ANY (ARRAY['full'::text, 'read_only'::text])))
constraint grants grants_check CHECK ((num_nonnulls(subject_id, organization_id) = 1))
constraint grants grants_check1 CHECK ((num_nonnulls(entitlement_id, product_id, plan_version_id) = 1))
constraint grants grants_check2 CHECK (((scope_organization_id IS NULL) OR (subject_id IS NOT NULL)))
constraint grants grants_check3 CHECK (((pool_id IS NULL) OR (organization_id IS NOT NULL)))
constraint grants grants_check4 CHECK (((ends_at IS NULL) OR ((ends_at)::timestamp with time zone > (starts_at)::timestamp with time zone)))
constraint grants grants_cost_microcents_check CHECK ((cost_microcents >= 0))
constraint grants grants_effect_check CHECK ((effect = ANY (ARRAY['allow'::text, 'deny'::text, 'override'::text])))
constraint grants grants_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text))
constraint grants grants_pkey PRIMARY KEY (tenant_id, id)
constraint grants grants_quantity_check CHECK ((quantity >= 0))
constraint grants grants_source_check CHECK ((source = ANY (ARRAY['admin'::text, 'stripe'::text, 'promotion'::text, 'trial'::text, 'purchase'::text, 'contract'::text, 'backfill'::text, 'default'::text])))
constraint grants grants_source_ref_check CHECK ((length(source_ref) <= 255))
constraint grants grants_tenant_id_entitlement_id_fkey FOREIGN KEY (tenant_id, entitlement_id) REFERENCES vouchsafe.entitlements(tenant_id, id)
constraint grants grants_tenant_id_module_fkey FOREIGN KEY (tenant_id, module) REFERENCES vouchsafe.modules(tenant_id, key)
constraint grants grants_tenant_id_organization_id_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint grants grants_tenant_id_plan_version_id_fkey FOREIGN KEY (tenant_id, plan_version_id) REFERENCES vouchsafe.plan_versions(tenant_id, id)
constraint grants grants_tenant_id_pool_id_fkey FOREIGN KEY (tenant_id, pool_id) REFERENCES vouchsafe.seat_pools(tenant_id, id)
constraint grants grants_tenant_id_product_id_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES vouchsafe.products(tenant_id, id)
constraint grants grants_tenant_id_scope_organization_id_fkey FOREIGN KEY (tenant_id, scope_organization_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint grants grants_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint head head_pkey PRIMARY KEY (tenant_id)
constraint head head_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint identities identities_pkey PRIMARY KEY (tenant_id, sub, iss)
constraint identities identities_sub_check CHECK (((length(sub) >= 1) AND (length(sub) <= 255)))
constraint identities identities_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint imports imports_bytes_check CHECK ((bytes >= 0))
constraint imports imports_id_check CHECK ((id ~ '^[0-9a-f]{64}$'::text))
constraint imports imports_lines_check CHECK ((lines >= 0))
constraint imports imports_pkey PRIMARY KEY (tenant_id, id)
constraint imports imports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint issuer_audiences issuer_audiences_pkey PRIMARY KEY (iss, audience)
constraint issuer_audiences issuer_audiences_tenant_id_issuer_id_fkey FOREIGN KEY (tenant_id, issuer_id) REFERENCES vouchsafe.issuers(tenant_id, id) ON DELETE CASCADE
constraint issuers issuers_algorithms_check CHECK (((cardinality(algorithms) > 0) AND (algorithms <@ '{RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA,Ed25519}'::text[])))
constraint issuers issuers_audience_from_check CHECK ((audience_from = ANY (ARRAY['aud'::text, 'client_id'::text, 'azp'::text])))
constraint issuers issuers_audiences_check CHECK ((cardinality(audiences) > 0))
constraint issuers issuers_authority_check CHECK ((authority = ANY (ARRAY['claims'::text, 'database'::text, 'both'::text])))
constraint issuers issuers_check CHECK ((num_nonnulls(jwks_uri, jwks) = 1))
constraint issuers issuers_iss_check CHECK (((length(iss) >= 1) AND (length(iss) <= 512)))
constraint issuers issuers_kind_check CHECK ((kind = ANY (ARRAY['keycloak'::text, 'cognito'::text, 'generic'::text])))
constraint issuers issuers_pkey PRIMARY KEY (tenant_id, id)
constraint issuers issuers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint issuers issuers_tolerance_seconds_check CHECK (((tolerance_seconds >= 0) AND (tolerance_seconds <= 60)))
constraint lifecycles lifecycles_check CHECK (((downgrade_to IS NOT NULL) = (on_cancel = 'downgrade'::text)))
constraint lifecycles lifecycles_check1 CHECK (((read_only_days IS NOT NULL) = (on_cancel = 'read_only'::text)))
constraint lifecycles lifecycles_on_cancel_check CHECK ((on_cancel = ANY (ARRAY['revoke'::text, 'downgrade'::text, 'read_only'::text])))
constraint lifecycles lifecycles_on_dispute_check CHECK ((on_dispute = ANY (ARRAY['keep'::text, 'suspend'::text])))
constraint lifecycles lifecycles_on_partial_refund_check CHECK ((on_partial_refund = ANY (ARRAY['keep'::text, 'revoke'::text])))
constraint lifecycles lifecycles_on_pause_check CHECK ((on_pause = ANY (ARRAY['keep'::text, 'suspend'::text])))
constraint lifecycles lifecycles_pkey PRIMARY KEY (tenant_id, id)
constraint lifecycles lifecycles_read_only_days_check CHECK (((read_only_days >= 1) AND (read_only_days <= 3650)))
constraint lifecycles lifecycles_tenant_id_downgrade_to_fkey FOREIGN KEY (tenant_id, downgrade_to) REFERENCES vouchsafe.plan_versions(tenant_id, id)
constraint lifecycles lifecycles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint lifecycles lifecycles_tenant_id_plan_id_fkey FOREIGN KEY (tenant_id, plan_id) REFERENCES vouchsafe.plans(tenant_id, id)
constraint lifecycles lifecycles_tenant_id_plan_id_key UNIQUE NULLS NOT DISTINCT (tenant_id, plan_id)
constraint modules modules_pkey PRIMARY KEY (tenant_id, key)
constraint modules modules_provisioning_check CHECK ((provisioning = ANY (ARRAY['org_hierarchy'::text, 'direct_user'::text, 'delegated_admin'::text])))
constraint modules modules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint open_transaction open_transaction_pkey PRIMARY KEY (xid)
constraint operations operations_pkey PRIMARY KEY (tenant_id, request_id)
constraint operations operations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint organization_members organization_members_pkey PRIMARY KEY (tenant_id, organization_id, subject_id)
constraint organization_members organization_members_role_check CHECK ((role = ANY (ARRAY['member'::text, 'admin'::text, 'owner'::text, 'delegate'::text])))
constraint organization_members organization_members_tenant_id_organization_id_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint organization_members organization_members_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint organizations organizations_check CHECK ((parent_id <> id))
constraint organizations organizations_pkey PRIMARY KEY (tenant_id, id)
constraint organizations organizations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint organizations organizations_tenant_id_key_key UNIQUE (tenant_id, key)
constraint organizations organizations_tenant_id_parent_id_fkey FOREIGN KEY (tenant_id, parent_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint plan_items plan_items_check CHECK ((num_nonnulls(entitlement_id, product_id) = 1))
constraint plan_items plan_items_pkey PRIMARY KEY (tenant_id, plan_version_id, id)
constraint plan_items plan_items_tenant_id_entitlement_id_fkey FOREIGN KEY (tenant_id, entitlement_id) REFERENCES vouchsafe.entitlements(tenant_id, id)
constraint plan_items plan_items_tenant_id_plan_version_id_entitlement_id_product_key UNIQUE NULLS NOT DISTINCT (tenant_id, plan_version_id, entitlement_id, product_id)
constraint plan_items plan_items_tenant_id_plan_version_id_fkey FOREIGN KEY (tenant_id, plan_version_id) REFERENCES vouchsafe.plan_versions(tenant_id, id)
constraint plan_items plan_items_tenant_id_product_id_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES vouchsafe.products(tenant_id, id)
constraint plan_versions plan_versions_n_check CHECK ((n > 0))
constraint plan_versions plan_versions_pkey PRIMARY KEY (tenant_id, id)
constraint plan_versions plan_versions_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'published'::text, 'retired'::text])))
constraint plan_versions plan_versions_tenant_id_plan_id_fkey FOREIGN KEY (tenant_id, plan_id) REFERENCES vouchsafe.plans(tenant_id, id)
constraint plan_versions plan_versions_tenant_id_plan_id_n_key UNIQUE (tenant_id, plan_id, n)
constraint plans plans_kind_check CHECK ((kind = ANY (ARRAY['base'::text, 'addon'::text, 'tier'::text])))
constraint plans plans_pkey PRIMARY KEY (tenant_id, id)
constraint plans plans_rank_check CHECK ((rank >= 0))
constraint plans plans_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint plans plans_tenant_id_key_key UNIQUE (tenant_id, key)
constraint plans plans_trial_days_check CHECK (((trial_days >= 1) AND (trial_days <= 730)))
constraint price_mappings price_mappings_check CHECK ((num_nonnulls(plan_version_id, product_id, entitlement_id) = 1))
constraint price_mappings price_mappings_check1 CHECK (((pool IS NOT NULL) = (quantity = ANY (ARRAY['seats'::text, 'follows_seats'::text]))))
constraint price_mappings price_mappings_check2 CHECK (((quantity <> 'value'::text) OR (entitlement_id IS NOT NULL)))
constraint price_mappings price_mappings_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 255)))
constraint price_mappings price_mappings_match_check CHECK ((match = ANY (ARRAY['price'::text, 'product'::text, 'lookup_key'::text, 'feature'::text])))
constraint price_mappings price_mappings_once UNIQUE NULLS NOT DISTINCT (tenant_id, match, external_id, plan_version_id, product_id, entitlement_id, module, pool)
constraint price_mappings price_mappings_pkey PRIMARY KEY (tenant_id, id)
constraint price_mappings price_mappings_quantity_check CHECK ((quantity = ANY (ARRAY['ignored'::text, 'seats'::text, 'value'::text, 'follows_seats'::text])))
constraint price_mappings price_mappings_tenant_id_entitlement_id_fkey FOREIGN KEY (tenant_id, entitlement_id) REFERENCES vouchsafe.entitlements(tenant_id, id)
constraint price_mappings price_mappings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint price_mappings price_mappings_tenant_id_module_fkey FOREIGN KEY (tenant_id, module) REFERENCES vouchsafe.modules(tenant_id, key)
constraint price_mappings price_mappings_tenant_id_plan_version_id_fkey FOREIGN KEY (tenant_id, plan_version_id) REFERENCES vouchsafe.plan_versions(tenant_id, id)
constraint price_mappings price_mappings_tenant_id_product_id_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES vouchsafe.products(tenant_id, id)
constraint product_entitlements product_entitlements_deny_as_check CHECK ((deny_as = ANY (ARRAY[401, 402, 403, 404, 429])))
constraint product_entitlements product_entitlements_pkey PRIMARY KEY (tenant_id, product_id, surface)
constraint product_entitlements product_entitlements_tenant_id_product_id_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES vouchsafe.products(tenant_id, id)
constraint products products_backfilled_members_check CHECK ((backfilled_members >= 0))
constraint products products_pkey PRIMARY KEY (tenant_id, id)
constraint products products_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint products products_tenant_id_key_key UNIQUE (tenant_id, key)
constraint reconciliations reconciliations_changed_check CHECK ((changed >= 0))
constraint reconciliations reconciliations_live_check CHECK ((live >= 0))
constraint reconciliations reconciliations_pkey PRIMARY KEY (tenant_id, id)
constraint reconciliations reconciliations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint reconciliations reconciliations_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint resources resources_key_check CHECK ((key ~ '^[a-z0-9][a-z0-9_./-]{0,126}$'::text))
constraint resources resources_kind_check CHECK ((kind = ANY (ARRAY['content'::text, 'navigation'::text])))
constraint resources resources_pkey PRIMARY KEY (tenant_id, kind, key)
constraint resources resources_tenant_id_entitlement_id_fkey FOREIGN KEY (tenant_id, entitlement_id) REFERENCES vouchsafe.entitlements(tenant_id, id)
constraint resources resources_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint routes routes_check CHECK ((public = ((cardinality(any_of) + cardinality(all_of)) = 0)))
constraint routes routes_context_check CHECK ((jsonb_typeof(context) = 'object'::text))
constraint routes routes_host_check CHECK (((length(host) >= 1) AND (length(host) <= 253)))
constraint routes routes_method_check CHECK ((method ~ '^([A-Z]{1,20}|\*)$'::text))
constraint routes routes_pattern_check CHECK (((pattern ~ '^/'::text) AND (length(pattern) <= 512)))
constraint routes routes_pkey PRIMARY KEY (tenant_id, id)
constraint routes routes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint routes routes_tenant_id_host_method_pattern_key UNIQUE (tenant_id, host, method, pattern)
constraint seat_invitations seat_invitations_check CHECK (((expires_at)::timestamp with time zone > (created_at)::timestamp with time zone))
constraint seat_invitations seat_invitations_check1 CHECK (((accepted_at IS NULL) = (seat_id IS NULL)))
constraint seat_invitations seat_invitations_code_sha256_check CHECK ((length(code_sha256) = 32))
constraint seat_invitations seat_invitations_pkey PRIMARY KEY (tenant_id, id)
constraint seat_invitations seat_invitations_tenant_id_code_sha256_key UNIQUE (tenant_id, code_sha256)
constraint seat_invitations seat_invitations_tenant_id_delegation_id_fkey FOREIGN KEY (tenant_id, delegation_id) REFERENCES vouchsafe.delegations(tenant_id, id)
constraint seat_invitations seat_invitations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint seat_invitations seat_invitations_tenant_id_pool_id_fkey FOREIGN KEY (tenant_id, pool_id) REFERENCES vouchsafe.seat_pools(tenant_id, id)
constraint seat_invitations seat_invitations_tenant_id_seat_id_fkey FOREIGN KEY (tenant_id, seat_id) REFERENCES vouchsafe.seats(tenant_id, id)
constraint seat_pools seat_pools_on_shrink_check CHECK ((on_shrink = ANY (ARRAY['keep'::text, 'suspend_newest'::text, 'block'::text])))
constraint seat_pools seat_pools_pkey PRIMARY KEY (tenant_id, id)
constraint seat_pools seat_pools_tenant_id_organization_id_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint seat_pools seat_pools_tenant_id_organization_id_module_key_key UNIQUE NULLS NOT DISTINCT (tenant_id, organization_id, module, key)
constraint seats seats_pkey PRIMARY KEY (tenant_id, id)
constraint seats seats_tenant_id_delegation_id_fkey FOREIGN KEY (tenant_id, delegation_id) REFERENCES vouchsafe.delegations(tenant_id, id)
constraint seats seats_tenant_id_pool_id_fkey FOREIGN KEY (tenant_id, pool_id) REFERENCES vouchsafe.seat_pools(tenant_id, id)
constraint seats seats_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint stripe_accounts stripe_accounts_account_check CHECK ((account ~ '^acct_[A-Za-z0-9]{1,64}$'::text))
constraint stripe_accounts stripe_accounts_api_key_check CHECK (((api_key ~ '^(env|file):.'::text) AND (length(api_key) <= 505)))
constraint stripe_accounts stripe_accounts_key_key UNIQUE (key)
constraint stripe_accounts stripe_accounts_metadata_key_check CHECK (((length(metadata_key) >= 1) AND (length(metadata_key) <= 40)))
constraint stripe_accounts stripe_accounts_pkey PRIMARY KEY (tenant_id, id)
constraint stripe_accounts stripe_accounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint stripe_accounts stripe_accounts_webhook_secrets_check CHECK (((cardinality(webhook_secrets) >= 1) AND (cardinality(webhook_secrets) <= 5)))
constraint stripe_customers stripe_customers_bound_by_check CHECK ((bound_by = ANY (ARRAY['checkout'::text, 'admin'::text])))
constraint stripe_customers stripe_customers_check CHECK ((num_nonnulls(subject_id, organization_id) = 1))
constraint stripe_customers stripe_customers_customer_check CHECK ((customer ~ '^(cus|cs)_[A-Za-z0-9_]{1,250}$'::text))
constraint stripe_customers stripe_customers_pkey PRIMARY KEY (tenant_id, id)
constraint stripe_customers stripe_customers_tenant_id_account_id_customer_key UNIQUE (tenant_id, account_id, customer)
constraint stripe_customers stripe_customers_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES vouchsafe.stripe_accounts(tenant_id, id)
constraint stripe_customers stripe_customers_tenant_id_organization_id_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint stripe_customers stripe_customers_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)
constraint stripe_events stripe_events_api_version_check CHECK ((length(api_version) <= 64))
constraint stripe_events stripe_events_customer_check CHECK ((length(customer) <= 255))
constraint stripe_events stripe_events_event_id_check CHECK (((length(event_id) >= 1) AND (length(event_id) <= 255)))
constraint stripe_events stripe_events_marks_check CHECK ((length(marks) <= 255))
constraint stripe_events stripe_events_object_id_check CHECK ((length(object_id) <= 255))
constraint stripe_events stripe_events_pkey PRIMARY KEY (tenant_id, account_id, event_id)
constraint stripe_events stripe_events_received_via_check CHECK ((received_via = ANY (ARRAY['push'::text, 'sweep'::text, 'replay'::text])))
constraint stripe_events stripe_events_status_check CHECK ((status = ANY (ARRAY['received'::text, 'processed'::text, 'ignored'::text])))
constraint stripe_events stripe_events_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES vouchsafe.stripe_accounts(tenant_id, id)
constraint stripe_events stripe_events_type_check CHECK (((length(type) >= 1) AND (length(type) <= 255)))
constraint stripe_grants stripe_grants_pkey PRIMARY KEY (tenant_id, grant_id)
constraint stripe_grants stripe_grants_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES vouchsafe.stripe_accounts(tenant_id, id)
constraint stripe_grants stripe_grants_tenant_id_grant_id_fkey FOREIGN KEY (tenant_id, grant_id) REFERENCES vouchsafe.grants(tenant_id, id)
constraint stripe_marks stripe_marks_object_check CHECK (((length(object) >= 1) AND (length(object) <= 255)))
constraint stripe_marks stripe_marks_pkey PRIMARY KEY (tenant_id, account_id, object)
constraint stripe_marks stripe_marks_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'unbound'::text, 'dead'::text])))
constraint stripe_marks stripe_marks_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES vouchsafe.stripe_accounts(tenant_id, id)
constraint stripe_progress stripe_progress_pkey PRIMARY KEY (tenant_id, account_id)
constraint stripe_progress stripe_progress_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES vouchsafe.stripe_accounts(tenant_id, id)
constraint stripe_remaps stripe_remaps_pkey PRIMARY KEY (tenant_id, id)
constraint stripe_remaps stripe_remaps_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint stripe_states stripe_states_pkey PRIMARY KEY (tenant_id, account_id, customer)
constraint stripe_states stripe_states_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES vouchsafe.stripe_accounts(tenant_id, id)
constraint stripe_subscriptions stripe_subscriptions_pkey PRIMARY KEY (tenant_id, account_id, subscription)
constraint stripe_subscriptions stripe_subscriptions_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES vouchsafe.stripe_accounts(tenant_id, id)
constraint subjects subjects_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'service'::text])))
constraint subjects subjects_pkey PRIMARY KEY (tenant_id, id)
constraint subjects subjects_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint tenants tenants_grace_days_check CHECK (((grace_days >= 0) AND (grace_days <= 60)))
constraint tenants tenants_key_key UNIQUE (key)
constraint tenants tenants_pkey PRIMARY KEY (tenant_id)
constraint trial_uses trial_uses_check CHECK ((num_nonnulls(subject_id, organization_id) = 1))
constraint trial_uses trial_uses_pkey PRIMARY KEY (tenant_id, id)
constraint trial_uses trial_uses_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES vouchsafe.tenants(tenant_id)
constraint trial_uses trial_uses_tenant_id_grant_id_fkey FOREIGN KEY (tenant_id, grant_id) REFERENCES vouchsafe.grants(tenant_id, id)
constraint trial_uses trial_uses_tenant_id_group_key_subject_id_organization_id_key UNIQUE NULLS NOT DISTINCT (tenant_id, group_key, subject_id, organization_id)
constraint trial_uses trial_uses_tenant_id_organization_id_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES vouchsafe.organizations(tenant_id, id)
constraint trial_uses trial_uses_tenant_id_subject_id_fkey FOREIGN KEY (tenant_id, subject_id) REFERENCES vouchsafe.subjects(tenant_id, id)

CREATE INDEX change_at ON vouchsafe.change USING btree (tenant_id, at, revision)
CREATE INDEX delegations_organization ON vouchsafe.delegations USING btree (tenant_id, organization_id)
CREATE INDEX delegations_subject ON vouchsafe.delegations USING btree (tenant_id, subject_id) WHERE (revoked_at IS NULL)
CREATE INDEX effect_holder ON vouchsafe.effect USING btree (tenant_id, vouchsafe.effect_holder(table_name, key, after)) WHERE (vouchsafe.effect_holder(table_name, key, after) IS NOT NULL)
CREATE INDEX effect_pack_holder ON vouchsafe.effect_pack USING btree (tenant_id, last_holder, first_holder)
CREATE INDEX effect_pack_marks ON vouchsafe.effect_pack USING btree (tenant_id) WHERE (marks IS NOT NULL)
CREATE INDEX effect_row ON vouchsafe.effect USING btree (tenant_id, table_name, vouchsafe.effect_row(key)) WHERE (NOT vouchsafe.known_by_holder(table_name))
CREATE INDEX grants_imported ON vouchsafe.grants USING brin (tenant_id, source_ref text_bloom_ops) WHERE ((revoked_at IS NULL) AND (granted_by = 'import'::text))
CREATE INDEX grants_organization ON vouchsafe.grants USING btree (tenant_id, organization_id, granted_at DESC, id DESC) WHERE (organization_id IS NOT NULL)
CREATE INDEX grants_pool ON vouchsafe.grants USING btree (tenant_id, pool_id) WHERE ((pool_id IS NOT NULL) AND (revoked_at IS NULL))
CREATE INDEX grants_scope ON vouchsafe.grants USING btree (tenant_id, scope_organization_id) WHERE (scope_organization_id IS NOT NULL)
CREATE INDEX grants_source_ref ON vouchsafe.grants USING btree (tenant_id, source, source_ref) WHERE ((revoked_at IS NULL) AND (granted_by IS DISTINCT FROM 'import'::text))
CREATE INDEX identities_subject ON vouchsafe.identities USING btree (tenant_id, subject_id)
CREATE INDEX organization_members_subject ON vouchsafe.organization_members USING btree (tenant_id, subject_id)
CREATE INDEX organizations_parent ON vouchsafe.organizations USING btree (tenant_id, parent_id)
CREATE INDEX seat_invitations_delegation ON vouchsafe.seat_invitations USING btree (tenant_id, delegation_id) WHERE ((delegation_id IS NOT NULL) AND (accepted_at IS NULL) AND (cancelled_at IS NULL))
CREATE INDEX seat_invitations_pool ON vouchsafe.seat_invitations USING btree (tenant_id, pool_id) WHERE ((accepted_at IS NULL) AND (cancelled_at IS NULL))
CREATE INDEX seats_delegation ON vouchsafe.seats USING btree (tenant_id, delegation_id) WHERE ((delegation_id IS NOT NULL) AND (released_at IS NULL))
CREATE INDEX seats_subject ON vouchsafe.seats USING btree (tenant_id, subject_id) WHERE (released_at IS NULL)
CREATE INDEX stripe_customers_organization ON vouchsafe.stripe_customers USING btree (tenant_id, organization_id) WHERE (organization_id IS NOT NULL)
CREATE INDEX stripe_customers_subject ON vouchsafe.stripe_customers USING btree (tenant_id, subject_id) WHERE (subject_id IS NOT NULL)
CREATE INDEX stripe_events_recent ON vouchsafe.stripe_events USING btree (tenant_id, received_at DESC, event_id)
CREATE INDEX stripe_events_waiting ON vouchsafe.stripe_events USING btree (tenant_id, account_id, marks) WHERE (status = 'received'::text)
CREATE INDEX stripe_grants_customer ON vouchsafe.stripe_grants USING btree (tenant_id, account_id, customer)
CREATE INDEX stripe_marks_due ON vouchsafe.stripe_marks USING btree (tenant_id, account_id, due_at) WHERE (state = 'waiting'::text)
CREATE INDEX stripe_states_alerts ON vouchsafe.stripe_states USING btree (tenant_id, account_id, customer) WHERE (alerts <> '{}'::text[])
CREATE INDEX stripe_states_matches ON vouchsafe.stripe_states USING gin (matches)
CREATE INDEX stripe_subscriptions_created ON vouchsafe.stripe_subscriptions USING btree (tenant_id, account_id, created)
CREATE INDEX stripe_subscriptions_customer ON vouchsafe.stripe_subscriptions USING btree (tenant_id, account_id, customer)
CREATE UNIQUE INDEX caller_keys_id ON vouchsafe.caller_keys USING btree (id)
CREATE UNIQUE INDEX caller_keys_pkey ON vouchsafe.caller_keys USING btree (tenant_id, id)
CREATE UNIQUE INDEX callers_pkey ON vouchsafe.callers USING btree (tenant_id, id)
CREATE UNIQUE INDEX callers_subject ON vouchsafe.callers USING btree (tenant_id, subject_id) WHERE (subject_id IS NOT NULL)
CREATE UNIQUE INDEX change_pkey ON vouchsafe.change USING btree (tenant_id, revision)
CREATE UNIQUE INDEX change_tenant_id_epoch_xid_key ON vouchsafe.change USING btree (tenant_id, epoch, xid)
CREATE UNIQUE INDEX checkpoints_pkey ON vouchsafe.checkpoints USING btree (tenant_id, revision)
CREATE UNIQUE INDEX delegations_pkey ON vouchsafe.delegations USING btree (tenant_id, id)
CREATE UNIQUE INDEX effect_pack_pkey ON vouchsafe.effect_pack USING btree (tenant_id, epoch, xid, ordinal)
CREATE UNIQUE INDEX effect_pkey ON vouchsafe.effect USING btree (tenant_id, epoch, xid, ordinal)
CREATE UNIQUE INDEX entitlement_families_pkey ON vouchsafe.entitlement_families USING btree (tenant_id, pattern, entitlement_id)
CREATE UNIQUE INDEX entitlements_pkey ON vouchsafe.entitlements USING btree (tenant_id, id)
CREATE UNIQUE INDEX entitlements_tenant_id_key_key ON vouchsafe.entitlements USING btree (tenant_id, key)
CREATE UNIQUE INDEX experiment_assignments_pkey ON vouchsafe.experiment_assignments USING btree (tenant_id, subject_id, experiment)
CREATE UNIQUE INDEX facts_pkey ON vouchsafe.facts USING btree (tenant_id, subject_id, key)
CREATE UNIQUE INDEX grants_holder ON vouchsafe.grants USING btree (tenant_id, subject_id, revoked_at, organization_id, scope_organization_id, module, entitlement_id, product_id, plan_version_id, pool_id, effect, source, source_ref, starts_at, ( CASE WHEN (revoked_at IS NOT NULL) THEN id ELSE NULL::uuid END)) NULLS NOT DISTINCT
CREATE UNIQUE INDEX grants_pkey ON vouchsafe.grants USING btree (tenant_id, id)
CREATE UNIQUE INDEX head_pkey ON vouchsafe.head USING btree (tenant_id)
CREATE UNIQUE INDEX identities_pkey ON vouchsafe.identities USING btree (tenant_id, sub, iss)
CREATE UNIQUE INDEX imports_pkey ON vouchsafe.imports USING btree (tenant_id, id)
CREATE UNIQUE INDEX issuer_audiences_pkey ON vouchsafe.issuer_audiences USING btree (iss, audience)
CREATE UNIQUE INDEX issuers_pkey ON vouchsafe.issuers USING btree (tenant_id, id)
CREATE UNIQUE INDEX lifecycles_pkey ON vouchsafe.lifecycles USING btree (tenant_id, id)
CREATE UNIQUE INDEX lifecycles_tenant_id_plan_id_key ON vouchsafe.lifecycles USING btree (tenant_id, plan_id) NULLS NOT DISTINCT
CREATE UNIQUE INDEX modules_pkey ON vouchsafe.modules USING btree (tenant_id, key)
CREATE UNIQUE INDEX open_transaction_pkey ON vouchsafe.open_transaction USING btree (xid)
CREATE UNIQUE INDEX operations_pkey ON vouchsafe.operations USING btree (tenant_id, request_id)
CREATE UNIQUE INDEX organization_members_pkey ON vouchsafe.organization_members USING btree (tenant_id, organization_id, subject_id)
CREATE UNIQUE INDEX organizations_pkey ON vouchsafe.organizations USING btree (tenant_id, id)
CREATE UNIQUE INDEX organizations_tenant_id_key_key ON vouchsafe.organizations USING btree (tenant_id, key)
CREATE UNIQUE INDEX plan_items_pkey ON vouchsafe.plan_items USING btree (tenant_id, plan_version_id, id)
CREATE UNIQUE INDEX plan_items_tenant_id_plan_version_id_entitlement_id_product_key ON vouchsafe.plan_items USING btree (tenant_id, plan_version_id, entitlement_id, product_id) NULLS NOT DISTINCT
CREATE UNIQUE INDEX plan_versions_pkey ON vouchsafe.plan_versions USING btree (tenant_id, id)
CREATE UNIQUE INDEX plan_versions_tenant_id_plan_id_n_key ON vouchsafe.plan_versions USING btree (tenant_id, plan_id, n)
CREATE UNIQUE INDEX plans_pkey ON vouchsafe.plans USING btree (tenant_id, id)
CREATE UNIQUE INDEX plans_tenant_id_key_key ON vouchsafe.plans USING btree (tenant_id, key)
CREATE UNIQUE INDEX price_mappings_once ON vouchsafe.price_mappings USING btree (tenant_id, match, external_id, plan_version_id, product_id, entitlement_id, module, pool) NULLS NOT DISTINCT
CREATE UNIQUE INDEX price_mappings_pkey ON vouchsafe.price_mappings USING btree (tenant_id, id)
CREATE UNIQUE INDEX product_entitlements_pkey ON vouchsafe.product_entitlements USING btree (tenant_id, product_id, surface)
CREATE UNIQUE INDEX products_pkey ON vouchsafe.products USING btree (tenant_id, id)
CREATE UNIQUE INDEX products_tenant_id_key_key ON vouchsafe.products USING btree (tenant_id, key)
CREATE UNIQUE INDEX reconciliations_pkey ON vouchsafe.reconciliations USING btree (tenant_id, id)
CREATE UNIQUE INDEX resources_pkey ON vouchsafe.resources USING btree (tenant_id, kind, key)
CREATE UNIQUE INDEX routes_pkey ON vouchsafe.routes USING btree (tenant_id, id)
CREATE UNIQUE INDEX routes_tenant_id_host_method_pattern_key ON vouchsafe.routes USING btree (tenant_id, host, method, pattern)
CREATE UNIQUE INDEX seat_invitations_pkey ON vouchsafe.seat_invitations USING btree (tenant_id, id)
CREATE UNIQUE INDEX seat_invitations_tenant_id_code_sha256_key ON vouchsafe.seat_invitations USING btree (tenant_id, code_sha256)
CREATE UNIQUE INDEX seat_pools_pkey ON vouchsafe.seat_pools USING btree (tenant_id, id)
CREATE UNIQUE INDEX seat_pools_tenant_id_organization_id_module_key_key ON vouchsafe.seat_pools USING btree (tenant_id, organization_id, module, key) NULLS NOT DISTINCT
CREATE UNIQUE INDEX seats_live ON vouchsafe.seats USING btree (tenant_id, pool_id, subject_id) WHERE (released_at IS NULL)
CREATE UNIQUE INDEX seats_pkey ON vouchsafe.seats USING btree (tenant_id, id)
CREATE UNIQUE INDEX stripe_accounts_key_key ON vouchsafe.stripe_accounts USING btree (key)
CREATE UNIQUE INDEX stripe_accounts_pkey ON vouchsafe.stripe_accounts USING btree (tenant_id, id)
CREATE UNIQUE INDEX stripe_customers_pkey ON vouchsafe.stripe_customers USING btree (tenant_id, id)
CREATE UNIQUE INDEX stripe_customers_tenant_id_account_id_customer_key ON vouchsafe.stripe_customers USING btree (tenant_id, account_id, customer)
CREATE UNIQUE INDEX stripe_events_pkey ON vouchsafe.stripe_events USING btree (tenant_id, account_id, event_id)
CREATE UNIQUE INDEX stripe_grants_pkey ON vouchsafe.stripe_grants USING btree (tenant_id, grant_id)
CREATE UNIQUE INDEX stripe_marks_pkey ON vouchsafe.stripe_marks USING btree (tenant_id, account_id, object)
CREATE UNIQUE INDEX stripe_progress_pkey ON vouchsafe.stripe_progress USING btree (tenant_id, account_id)
CREATE UNIQUE INDEX stripe_remaps_pkey ON vouchsafe.stripe_remaps USING btree (tenant_id, id)
CREATE UNIQUE INDEX stripe_states_pkey ON vouchsafe.stripe_states USING btree (tenant_id, account_id, customer)
CREATE UNIQUE INDEX stripe_subscriptions_pkey ON vouchsafe.stripe_subscriptions USING btree (tenant_id, account_id, subscription)
CREATE UNIQUE INDEX subjects_pkey ON vouchsafe.subjects USING btree (tenant_id, id)
CREATE UNIQUE INDEX tenants_key_key ON vouchsafe.tenants USING btree (key)
CREATE UNIQUE INDEX tenants_pkey ON vouchsafe.tenants USING btree (tenant_id)
CREATE UNIQUE INDEX trial_uses_pkey ON vouchsafe.trial_uses USING btree (tenant_id, id)
CREATE UNIQUE INDEX trial_uses_tenant_id_group_key_subject_id_organization_id_key ON vouchsafe.trial_uses USING btree (tenant_id, group_key, subject_id, organization_id) NULLS NOT DISTINCT

policy caller_keys feed for SELECT to vouchsafe_feed using true
policy caller_keys tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy callers feed for SELECT to vouchsafe_feed using true
policy callers tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy change feed for SELECT to vouchsafe_feed using true
policy change tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy checkpoints feed for SELECT to vouchsafe_feed using true
policy checkpoints tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy delegations feed for SELECT to vouchsafe_feed using true
policy delegations tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy effect feed for SELECT to vouchsafe_feed using true
policy effect tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy effect_pack feed for SELECT to vouchsafe_feed using true
policy effect_pack tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy entitlement_families feed for SELECT to vouchsafe_feed using true
policy entitlement_families tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy entitlements feed for SELECT to vouchsafe_feed using true
policy entitlements tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy experiment_assignments feed for SELECT to vouchsafe_feed using true
policy experiment_assignments tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy facts feed for SELECT to vouchsafe_feed using true
policy facts tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy grants feed for SELECT to vouchsafe_feed using true
policy grants tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy head feed for SELECT to vouchsafe_feed using true
policy head tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy identities feed for SELECT to vouchsafe_feed using true
policy identities tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy imports tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy issuer_audiences feed for SELECT to vouchsafe_feed using true
policy issuer_audiences tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy issuers feed for SELECT to vouchsafe_feed using true
policy issuers tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy lifecycles feed for SELECT to vouchsafe_feed using true
policy lifecycles tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy modules feed for SELECT to vouchsafe_feed using true
policy modules tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy open_transaction tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy operations tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy organization_members feed for SELECT to vouchsafe_feed using true
policy organization_members tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy organizations feed for SELECT to vouchsafe_feed using true
policy organizations tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy plan_items feed for SELECT to vouchsafe_feed using true
policy plan_items tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy plan_versions feed for SELECT to vouchsafe_feed using true
policy plan_versions tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy plans feed for SELECT to vouchsafe_feed using true
policy plans tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy price_mappings feed for SELECT to vouchsafe_feed using true
policy price_mappings tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy product_entitlements feed for SELECT to vouchsafe_feed using true
policy product_entitlements tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy products feed for SELECT to vouchsafe_feed using true
policy products tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy reconciliations feed for SELECT to vouchsafe_feed using true
policy reconciliations tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy resources feed for SELECT to vouchsafe_feed using true
policy resources tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy routes feed for SELECT to vouchsafe_feed using true
policy routes tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy seat_invitations feed for SELECT to vouchsafe_feed using true
policy seat_invitations tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy seat_pools feed for SELECT to vouchsafe_feed using true
policy seat_pools tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy seats feed for SELECT to vouchsafe_feed using true
policy seats tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_accounts feed for SELECT to vouchsafe_feed using true
policy stripe_accounts tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_customers feed for SELECT to vouchsafe_feed using true
policy stripe_customers tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_events feed for SELECT to vouchsafe_feed using true
policy stripe_events tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_grants feed for SELECT to vouchsafe_feed using true
policy stripe_grants tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_marks feed for SELECT to vouchsafe_feed using true
policy stripe_marks tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_progress feed for SELECT to vouchsafe_feed using true
policy stripe_progress tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_remaps feed for SELECT to vouchsafe_feed using true
policy stripe_remaps tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_states feed for SELECT to vouchsafe_feed using true
policy stripe_states tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy stripe_subscriptions feed for SELECT to vouchsafe_feed using true
policy stripe_subscriptions tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy subjects feed for SELECT to vouchsafe_feed using true
policy subjects tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy tenants feed for SELECT to vouchsafe_feed using true
policy tenants tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))
policy trial_uses feed for SELECT to vouchsafe_feed using true
policy trial_uses tenant for ALL to vouchsafe_app, vouchsafe_owner using (tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))

row security caller_keys enabled forced
row security callers enabled forced
row security change enabled forced
row security checkpoints enabled forced
row security delegations enabled forced
row security effect enabled forced
row security effect_pack enabled forced
row security entitlement_families enabled forced
row security entitlements enabled forced
row security experiment_assignments enabled forced
row security facts enabled forced
row security grants enabled forced
row security head enabled forced
row security identities enabled forced
row security imports enabled forced
row security issuer_audiences enabled forced
row security issuers enabled forced
row security lifecycles enabled forced
row security modules enabled forced
row security open_transaction enabled forced
row security operations enabled forced
row security organization_members enabled forced
row security organizations enabled forced
row security plan_items enabled forced
row security plan_versions enabled forced
row security plans enabled forced
row security price_mappings enabled forced
row security product_entitlements enabled forced
row security products enabled forced
row security reconciliations enabled forced
row security resources enabled forced
row security routes enabled forced
row security seat_invitations enabled forced
row security seat_pools enabled forced
row security seats enabled forced
row security stripe_accounts enabled forced
row security stripe_customers enabled forced
row security stripe_events enabled forced
row security stripe_grants enabled forced
row security stripe_marks enabled forced
row security stripe_progress enabled forced
row security stripe_remaps enabled forced
row security stripe_states enabled forced
row security stripe_subscriptions enabled forced
row security subjects enabled forced
row security tenants enabled forced
row security trial_uses enabled forced

grant select on billing_subscriptions to vouchsafe_app
grant delete, insert, select, update on caller_keys to vouchsafe_app
grant select on caller_keys to vouchsafe_feed
grant delete, insert, select, update on callers to vouchsafe_app
grant select on callers to vouchsafe_feed
grant select on change to vouchsafe_app
grant select on change to vouchsafe_feed
grant select on checkpoints to vouchsafe_app
grant select on checkpoints to vouchsafe_feed
grant select on core_entitlement_audit_log to vouchsafe_app
grant select on core_entitlements to vouchsafe_app
grant select on core_org_entitlements to vouchsafe_app
grant select on core_user_entitlements to vouchsafe_app
grant insert, select, update on delegations to vouchsafe_app
grant select on delegations to vouchsafe_feed
grant select on effect to vouchsafe_app
grant select on effect to vouchsafe_feed
grant select on effect_pack to vouchsafe_app
grant select on effect_pack to vouchsafe_feed
grant select on effects to vouchsafe_app
grant select on effects to vouchsafe_feed
grant delete, insert, select, update on entitlement_families to vouchsafe_app
grant select on entitlement_families to vouchsafe_feed
grant select on entitlement_gives to vouchsafe_app
grant delete, insert, select, update on entitlements to vouchsafe_app
grant select on entitlements to vouchsafe_feed
grant delete, insert, select, update on experiment_assignments to vouchsafe_app
grant select on experiment_assignments to vouchsafe_feed
grant delete, insert, select, update on facts to vouchsafe_app
grant select on facts to vouchsafe_feed
grant select on flat_entitlements to vouchsafe_app
grant select on grant_entitlements to vouchsafe_app
grant insert, select, update on grants to vouchsafe_app
grant select on grants to vouchsafe_feed
grant select on head to vouchsafe_app
grant select on head to vouchsafe_feed
grant delete, insert, select, update on identities to vouchsafe_app
grant select on identities to vouchsafe_feed
grant delete, insert, select, update on imports to vouchsafe_app
grant select on issuer_audiences to vouchsafe_app
grant select on issuer_audiences to vouchsafe_feed
grant delete, insert, select, update on issuers to vouchsafe_app
grant select on issuers to vouchsafe_feed
grant delete, insert, select, update on lifecycles to vouchsafe_app
grant select on lifecycles to vouchsafe_feed
grant delete, insert, select, update on modules to vouchsafe_app
grant select on modules to vouchsafe_feed
grant delete, insert, select on operations to vouchsafe_app
grant delete, insert, select, update on organization_members to vouchsafe_app
grant select on organization_members to vouchsafe_feed
grant delete, insert, select, update on organizations to vouchsafe_app
grant select on organizations to vouchsafe_feed
grant select on packed_effect to vouchsafe_app
grant select on packed_effect to vouchsafe_feed
grant delete, insert, select, update on plan_items to vouchsafe_app
grant select on plan_items to vouchsafe_feed
grant delete, insert, select, update on plan_versions to vouchsafe_app
grant select on plan_versions to vouchsafe_feed
grant delete, insert, select, update on plans to vouchsafe_app
grant select on plans to vouchsafe_feed
grant delete, insert, select, update on price_mappings to vouchsafe_app
grant select on price_mappings to vouchsafe_feed
grant delete, insert, select, update on product_entitlements to vouchsafe_app
grant select on product_entitlements to vouchsafe_feed
grant delete, insert, select, update on products to vouchsafe_app
grant select on products to vouchsafe_feed
grant insert, select on reconciliations to vouchsafe_app
grant select on reconciliations to vouchsafe_feed
grant delete, insert, select, update on resources to vouchsafe_app
grant select on resources to vouchsafe_feed
grant delete, insert, select, update on routes to vouchsafe_app
grant select on routes to vouchsafe_feed
grant insert, select, update on seat_invitations to vouchsafe_app
grant select on seat_invitations to vouchsafe_feed
grant delete, insert, select, update on seat_pools to vouchsafe_app
grant select on seat_pools to vouchsafe_feed
grant insert, select, update on seats to vouchsafe_app
grant select on seats to vouchsafe_feed
grant delete, insert, select, update on stripe_accounts to vouchsafe_app
grant select on stripe_accounts to vouchsafe_feed
grant delete, insert, select, update on stripe_customers to vouchsafe_app
grant select on stripe_customers to vouchsafe_feed
grant delete, insert, select, update on stripe_events to vouchsafe_app
grant select on stripe_events to vouchsafe_feed
grant delete, insert, select, update on stripe_grants to vouchsafe_app
grant select on stripe_grants to vouchsafe_feed
grant delete, insert, select, update on stripe_marks to vouchsafe_app
grant select on stripe_marks to vouchsafe_feed
grant delete, insert, select, update on stripe_progress to vouchsafe_app
grant select on stripe_progress to vouchsafe_feed
grant delete, insert, select, update on stripe_remaps to vouchsafe_app
grant select on stripe_remaps to vouchsafe_feed
grant delete, insert, select, update on stripe_states to vouchsafe_app
grant select on stripe_states to vouchsafe_feed
grant delete, insert, select, update on stripe_subscriptions to vouchsafe_app
grant select on stripe_subscriptions to vouchsafe_feed
grant select on subject_entitlements to vouchsafe_app
grant insert, select, update on subjects to vouchsafe_app
grant select on subjects to vouchsafe_feed
grant insert, select, update on tenants to vouchsafe_app
grant select on tenants to vouchsafe_feed
grant insert, select, update on trial_uses to vouchsafe_app
grant select on trial_uses to vouchsafe_feed

CREATE CONSTRAINT TRIGGER sealed_at_commit AFTER INSERT ON vouchsafe.open_transaction DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vouchsafe.refuse_unsealed()
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON vouchsafe.change FOR EACH ROW EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON vouchsafe.checkpoints FOR EACH ROW EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON vouchsafe.effect FOR EACH ROW EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON vouchsafe.effect_pack FOR EACH ROW EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER forget_marks BEFORE UPDATE OF images ON vouchsafe.effect_pack FOR EACH ROW WHEN ((new.marks IS NOT NULL)) EXECUTE FUNCTION vouchsafe.forget_marks()
CREATE TRIGGER forward_only BEFORE DELETE OR UPDATE ON vouchsafe.head FOR EACH ROW EXECUTE FUNCTION vouchsafe.guard_head()
CREATE TRIGGER give_head AFTER INSERT ON vouchsafe.tenants FOR EACH ROW EXECUTE FUNCTION vouchsafe.give_head()
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE ON vouchsafe.plan_versions FOR EACH ROW EXECUTE FUNCTION vouchsafe.guard_plan_version()
CREATE TRIGGER immutable BEFORE INSERT OR DELETE OR UPDATE ON vouchsafe.plan_items FOR EACH ROW EXECUTE FUNCTION vouchsafe.guard_plan_item()
CREATE TRIGGER keep_audiences AFTER INSERT OR UPDATE OF iss, audiences ON vouchsafe.issuers FOR EACH ROW EXECUTE FUNCTION vouchsafe.keep_audiences()
CREATE TRIGGER mark_customers_insert AFTER INSERT ON vouchsafe.seats REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.mark_seat_customers()
CREATE TRIGGER mark_customers_update AFTER UPDATE ON vouchsafe.seats REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.mark_seat_customers()
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON vouchsafe.change FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON vouchsafe.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON vouchsafe.effect FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON vouchsafe.effect_pack FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON vouchsafe.head FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.refuse_history_edit()
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.caller_keys REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.callers REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.checkpoints REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'revision')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.delegations REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.entitlement_families REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'pattern', 'entitlement_id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.entitlements REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.experiment_assignments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'subject_id', 'experiment')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.facts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'subject_id', 'key')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.grants REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.identities REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'iss', 'sub')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.issuers REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.lifecycles REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.modules REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'key')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.organization_members REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'organization_id', 'subject_id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.organizations REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.plan_items REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'plan_version_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.plan_versions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.plans REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.price_mappings REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.product_entitlements REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'product_id', 'surface')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.products REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.reconciliations REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.resources REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'kind', 'key')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.routes REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.seat_invitations REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.seat_pools REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.seats REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.stripe_accounts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.stripe_customers REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.subjects REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.tenants REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id')
CREATE TRIGGER record_delete AFTER DELETE ON vouchsafe.trial_uses REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.caller_keys REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.callers REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.checkpoints REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'revision')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.delegations REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.entitlement_families REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'pattern', 'entitlement_id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.entitlements REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.experiment_assignments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'subject_id', 'experiment')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.facts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'subject_id', 'key')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.grants REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.identities REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'iss', 'sub')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.issuers REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.lifecycles REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.modules REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'key')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.organization_members REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'organization_id', 'subject_id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.organizations REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.plan_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'plan_version_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.plan_versions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.plans REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.price_mappings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.product_entitlements REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'product_id', 'surface')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.products REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.reconciliations REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.resources REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'kind', 'key')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.routes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.seat_invitations REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.seat_pools REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.seats REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.stripe_accounts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.stripe_customers REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.subjects REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.tenants REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id')
CREATE TRIGGER record_insert AFTER INSERT ON vouchsafe.trial_uses REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.caller_keys REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.callers REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.checkpoints REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'revision')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.delegations REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.entitlement_families REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'pattern', 'entitlement_id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.entitlements REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.experiment_assignments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'subject_id', 'experiment')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.facts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'subject_id', 'key')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.grants REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.identities REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'iss', 'sub')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.issuers REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.lifecycles REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.modules REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'key')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.organization_members REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'organization_id', 'subject_id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.organizations REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.plan_items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'plan_version_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.plan_versions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.plans REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.price_mappings REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.product_entitlements REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'product_id', 'surface')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.products REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.reconciliations REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.resources REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'kind', 'key')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.routes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.seat_invitations REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.seat_pools REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.seats REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.stripe_accounts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.stripe_customers REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.subjects REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.tenants REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id')
CREATE TRIGGER record_update AFTER UPDATE ON vouchsafe.trial_uses REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION vouchsafe.record_effects('tenant_id', 'id')
CREATE TRIGGER refuse_cycle BEFORE INSERT OR UPDATE OF parent_id ON vouchsafe.organizations FOR EACH ROW EXECUTE FUNCTION vouchsafe.refuse_cycle()

execute as_json_says by
execute current_tenant by
execute document_says by
execute effect_hash by
execute effect_holder by vouchsafe_app, vouchsafe_feed
execute effect_row by vouchsafe_app, vouchsafe_feed
execute effects_about by vouchsafe_app, vouchsafe_feed
execute effects_named by vouchsafe_app, vouchsafe_feed
execute erase_subject by vouchsafe_app
execute forget_marks by
execute framed by
execute free_texts by
execute give_head by
execute guard_head by
execute guard_plan_item by
execute guard_plan_version by
execute hold_head by vouchsafe_app
execute hold_referred by
execute import_people by vouchsafe_app
execute import_rights by vouchsafe_app
execute keep_audiences by
execute kept_digest by
execute known_by_holder by vouchsafe_app, vouchsafe_feed
execute mark_seat_customers by
execute mark_stripe by vouchsafe_app
execute name_mark by vouchsafe_app, vouchsafe_feed
execute open_for_writing by
execute organizations_above by vouchsafe_app
execute packed_about by vouchsafe_app, vouchsafe_feed
execute packed_key by vouchsafe_app, vouchsafe_feed
execute packed_named by vouchsafe_app, vouchsafe_feed
execute prune_history by
execute record_effects by
execute recorded_hash by
execute refuse_cycle by
execute refuse_history_edit by
execute refuse_unsealed by
execute row_key by
execute says_name by
execute says_short_name by
execute seal by vouchsafe_app
execute usual_column by

CREATE OR REPLACE FUNCTION vouchsafe.as_json_says(name text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select pg_catalog.substr(pg_catalog.to_json(name)::text, 2, pg_catalog.length(pg_catalog.to_json(name)::text) - 2)
$function$
CREATE OR REPLACE FUNCTION vouchsafe.current_tenant()
 RETURNS uuid
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ select nullif(current_setting('app.tenant_id', true), '')::uuid $function$
CREATE OR REPLACE FUNCTION vouchsafe.document_says(document jsonb, names text[])
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
  select case when exists (select from unnest(names) name where strpos(lower(document::text), lower(as_json_says(name))) > 0)
    then says_name(document::text, names) or says_name((
      select string_agg(said #>> '{}', E'\n') from jsonb_path_query(document, '$.** ? (@.type() == "string")') said
    ), names) else false end
$function$
CREATE OR REPLACE FUNCTION vouchsafe.effect_hash(salt bytea, table_name text, op text, key jsonb, after jsonb)
 RETURNS bytea
 LANGUAGE sql
 STABLE
AS $function$
  select pg_catalog.sha256(vouchsafe.framed(salt) || vouchsafe.framed(pg_catalog.convert_to(table_name, 'UTF8'))
    || vouchsafe.framed(pg_catalog.convert_to(op, 'UTF8')) || vouchsafe.framed(pg_catalog.convert_to(key::text, 'UTF8'))
    || vouchsafe.framed(pg_catalog.convert_to(after::text, 'UTF8')))
$function$
CREATE OR REPLACE FUNCTION vouchsafe.effect_holder(table_name text, key jsonb, after jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select coalesce(after ->> 'subject_id', key ->> 'subject_id', after ->> 'organization_id',
    case when table_name in ('subjects', 'organizations') then key ->> 'id' end)
$function$
CREATE OR REPLACE FUNCTION vouchsafe.effect_row(key jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select coalesce(key ->> 'id', key ->> 'organization_id', key ->> 'subject_id', key ->> 'product_id',
    key ->> 'entitlement_id', key ->> 'sub', key ->> 'key', '')
$function$
CREATE OR REPLACE FUNCTION vouchsafe.effects_about(tenant uuid, holder uuid)
 RETURNS SETOF vouchsafe.effects
 LANGUAGE sql
 STABLE
AS $function$
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash from vouchsafe.effect e
  where e.tenant_id = effects_about.tenant
    and vouchsafe.effect_holder(e.table_name, e.key, e.after) = effects_about.holder::text
  union all
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash
  from vouchsafe.packed_about(effects_about.tenant, effects_about.holder)
$function$
CREATE OR REPLACE FUNCTION vouchsafe.effects_named(tenant uuid, name text)
 RETURNS SETOF vouchsafe.effects
 LANGUAGE sql
 STABLE
AS $function$
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash from vouchsafe.effect e
  where e.tenant_id = effects_named.tenant and e.table_name = 'identities' and not vouchsafe.known_by_holder(e.table_name)
    and vouchsafe.effect_row(e.key) = effects_named.name
  union all
  select tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash
  from vouchsafe.packed_named(effects_named.tenant, effects_named.name)
$function$
CREATE OR REPLACE FUNCTION vouchsafe.erase_subject(erased uuid, OUT effects integer, OUT headers integer, OUT remaining text[])
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  tenant uuid := current_tenant();
  names text[];
  short text[];
  found boolean;
  place record;
begin
  if tenant is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  select coalesce(array_agg(distinct name), '{}') into names from (
    select unnest(array[sub, email]) as name from identities where tenant_id = tenant and subject_id = erased
    union all
    select unnest(array[e.after ->> 'sub', e.after ->> 'email']) from effects_about(tenant, erased) e where e.table_name = 'identities'
  ) said where name <> '';
  select coalesce(array_agg(name), '{}') into short from unnest(names) name
    where length(name) between 3 and 4 and name ~ '[[:alpha:]]';
  delete from identities where tenant_id = tenant and subject_id = erased;
  delete from facts where tenant_id = tenant and subject_id = erased;
  delete from experiment_assignments where tenant_id = tenant and subject_id = erased;
  delete from operations where tenant_id = tenant and (document_says(response, names) or says_short_name(free_texts(response), short));
  update grants set reason = '', revoke_reason = case when revoke_reason is null then null else '' end, metadata = '{}'
    where tenant_id = tenant and (subject_id = erased or says_name(reason, names) or says_name(revoke_reason, names)
      or document_says(metadata, names) or says_short_name(concat_ws(' ', reason, revoke_reason, metadata::text), short));
  update callers set name = 'erased' where tenant_id = tenant and (subject_id = erased or says_name(name, names));

  perform set_config('app.history', 'erase', true);
  with named as (
    select e.epoch, e.xid, e.ordinal from effect e
      where e.tenant_id = tenant and effect_holder(e.table_name, e.key, e.after) = erased::text
    union
    select e.epoch, e.xid, e.ordinal from effect e
      where e.tenant_id = tenant and e.table_name = 'identities' and effect_row(e.key) = any (names)
        and not exists (select from identities i where i.tenant_id = tenant and i.iss = e.key ->> 'iss' and i.sub = e.key ->> 'sub')
    union
    select e.epoch, e.xid, e.ordinal from effect e where e.tenant_id = tenant and document_says(e.after, names)
    union
    select e.epoch, e.xid, e.ordinal from effect e
      where cardinality(short) > 0 and e.tenant_id = tenant and says_short_name(free_texts(e.after), short)
  )
  update effect e set after = null, salt = null,
      key = case when e.table_name in ('identities', 'facts', 'experiment_assignments') then '{}' else e.key end
    from named n where e.tenant_id = tenant and e.epoch = n.epoch and e.xid = n.xid and e.ordinal = n.ordinal;
  get diagnostics effects = row_count;
  with named as (
    select p.epoch, p.xid, p.pack, p.n from packed_about(tenant, erased) p where p.salt is not null
    union
    select p.epoch, p.xid, p.pack, p.n from unnest(names) name cross join lateral packed_named(tenant, name) p
      where p.salt is not null and not exists (select from identities i where i.tenant_id = tenant and i.iss = p.key ->> 'iss' and i.sub = name)
    union
    -- Whole packs are looked through first: few say a name at all.
    select r.epoch, r.xid, r.pack, r.n from effect_pack p
      join packed_effect r on r.tenant_id = tenant and r.epoch = p.epoch and r.xid = p.xid and r.pack = p.ordinal
      where p.tenant_id = tenant and r.salt is not null and exists (
        select from unnest(names || short) name where strpos(lower(p.images), lower(as_json_says(name))) > 0 or strpos(lower(p.blank), lower(as_json_says(name))) > 0
      ) and (document_says(r.after, names) or says_short_name(free_texts(r.after), short))
  ), packed as (
    select n.epoch, n.xid, n.pack, array_agg(n.n) as ns, count(*) as rows from named n group by 1, 2, 3
  ), emptied as (
    -- What is said once goes where no row is left that it was said of.
    update effect_pack p set (images, salts, blank) = (
        select string_agg(case when n <> all (k.ns) or line = '' then line
            when p.table_name in ('identities', 'facts', 'experiment_assignments') then '{}'
            else packed_key(p.table_name, p.blank::jsonb || line::jsonb)::text end, E'\n' order by n),
          string_agg(case when n = any (k.ns) then decode('00000000000000000000000000000000', 'hex')
            else substr(p.salts, n::integer * 16 - 15, 16) end, '' order by n),
          case when bool_and(n = any (k.ns) or substr(p.salts, n::integer * 16 - 15, 16) = decode('00000000000000000000000000000000', 'hex'))
            then '{}' else p.blank end
        from string_to_table(p.images, E'\n') with ordinality l (line, n)
      ) from packed k where p.tenant_id = tenant and p.epoch = k.epoch and p.xid = k.xid and p.ordinal = k.pack
      returning k.rows
  )
  select effects + coalesce(sum(rows), 0) into effects from emptied;
  update change c set header_salt = null, actor = null, reason = null, cause = null
    where c.tenant_id = tenant and (says_name(c.actor, names) or says_name(c.reason, names) or says_name(c.cause, names)
      or says_short_name(c.reason, short));
  get diagnostics headers = row_count;
  perform set_config('app.history', '', true);

  remaining := '{}';
  for place in
    select c.table_name, c.column_name from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'vouchsafe' and t.table_type = 'BASE TABLE' and (c.data_type in ('text', 'jsonb') or c.data_type = 'ARRAY')
      and c.table_name <> 'open_transaction'
      and exists (select from information_schema.columns k where k.table_schema = 'vouchsafe' and k.table_name = c.table_name and k.column_name = 'tenant_id')
    order by 1, 2
  loop
    execute format('select exists (select from %I where tenant_id = $1 and says_name(%I::text, $2))', place.table_name, place.column_name)
      into found using tenant, names || array(select as_json_says(name) from unnest(names) name);
    if found then remaining := remaining || (place.table_name || '.' || place.column_name); end if;
  end loop;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.forget_marks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
begin
  select string_agg(case when line in ('', '{}') then '\x00000000' else substr(new.marks, n::integer * 4 - 3, 4) end, '' order by n)
    into new.marks from string_to_table(new.images, E'\n') with ordinality l (line, n);
  return new;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.framed(field bytea)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
AS $function$ select coalesce(pg_catalog.int4send(pg_catalog.length(field)) || field, '\xffffffff'::bytea) $function$
CREATE OR REPLACE FUNCTION vouchsafe.free_texts(document jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select string_agg(said #>> '{}', E'\n') from (
    select jsonb_path_query(document, '$.**.reason')
    union all select jsonb_path_query(document, '$.**.revoke_reason')
    union all select jsonb_path_query(document, '$.**.metadata')
  ) texts (said)
$function$
CREATE OR REPLACE FUNCTION vouchsafe.give_head()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
begin
  insert into head (tenant_id, epoch) values (new.tenant_id, gen_random_uuid());
  return null;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.guard_head()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'UPDATE' and new.tenant_id = old.tenant_id
    and (new.epoch <> old.epoch or new.revision = old.revision + 1) then
    return new;
  end if;
  raise exception 'a head only goes forward' using errcode = 'VS005';
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.guard_plan_item()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  version uuid;
  state text;
begin
  foreach version in array array[
    case when tg_op <> 'INSERT' then old.plan_version_id end,
    case when tg_op <> 'DELETE' then new.plan_version_id end
  ] loop
    continue when version is null;
    -- Shared, so that publishing waits for items being added, and they for it.
    select status into state from plan_versions
      where tenant_id = coalesce(new.tenant_id, old.tenant_id) and id = version for share;
    if state <> 'draft' then
      raise exception 'a published plan version never changes' using errcode = 'VS007';
    end if;
  end loop;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.guard_plan_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
begin
  if old.status = 'draft' then
    if tg_op = 'DELETE' then return old; end if;
    return new;
  end if;
  if tg_op = 'UPDATE' and new.status in (old.status, 'retired')
    and (to_jsonb(new) - 'status') = (to_jsonb(old) - 'status') then
    return new;
  end if;
  raise exception 'a published plan version never changes' using errcode = 'VS007';
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.hold_head(OUT epoch uuid, OUT revision bigint)
 RETURNS record
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
  select h.epoch, h.revision from vouchsafe.head h where h.tenant_id = vouchsafe.current_tenant() for update
$function$
CREATE OR REPLACE FUNCTION vouchsafe.hold_referred(name text, key text, ids anyarray)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  wanted ids%type := array(select distinct id from unnest(ids) id where id is not null);
  there integer;
begin
  if cardinality(wanted) = 0 then return; end if;
  execute format('select count(*) from unnest($2) w (id) cross join lateral (
      select from %I where tenant_id = $1 and %I = w.id for key share) held', name, key)
    into there using current_tenant(), wanted;
  if there <> cardinality(wanted) then
    raise exception 'a row of % that is referred to does not exist', name using errcode = 'foreign_key_violation';
  end if;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.import_people(ids uuid[], issuers text[], subs text[], emails text[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
 SET session_replication_role TO 'replica'
AS $function$
declare
  tenant uuid := current_tenant();
begin
  perform hold_referred('tenants', 'tenant_id', array[tenant]);
  insert into subjects (tenant_id, id) select tenant, unnest(ids);
  insert into identities (tenant_id, iss, sub, subject_id, email)
    select tenant, w.iss, w.sub, w.id, w.email from unnest(issuers, subs, ids, emails) w (iss, sub, id, email);
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.import_rights(ids uuid[], people uuid[], holding_organizations uuid[], holders integer[], given_entitlements uuid[], given_products uuid[], given_plan_versions uuid[], targets integer[], modules text[], accesses text[], vals text[], sources text[], refs text[], reasons text[], starts bigint[], ends bigint[], at timestamp with time zone, new boolean)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
 SET session_replication_role TO 'replica'
AS $function$
declare
  added integer;
  made integer := -1;
  tenant uuid := current_tenant();
begin
  -- Whoever was made by this transaction is held by it.
  if new then
    select count(*) into made from unnest(people) w (id) cross join lateral (
      select xmin from subjects where tenant_id = tenant and subjects.id = w.id offset 0) s where s.xmin = pg_current_xact_id()::xid;
  end if;
  if made <> cardinality(people) then perform hold_referred('subjects', 'id', people); end if;
  perform hold_referred('organizations', 'id', holding_organizations);
  perform hold_referred('entitlements', 'id', given_entitlements);
  perform hold_referred('products', 'id', given_products);
  perform hold_referred('plan_versions', 'id', given_plan_versions);
  perform hold_referred('modules', 'key', modules);
  -- A list counts on where the one before it ends; beyond its own places it has nothing.
  execute format($insert$
    insert into grants (tenant_id, id, subject_id, organization_id, entitlement_id, product_id, plan_version_id, module, access,
        value, source, source_ref, reason, starts_at, ends_at, granted_by, granted_at)
      select $18, r.id, ($2)[r.holder], ($3)[r.holder - cardinality($2)], ($5)[r.target], ($6)[r.target - cardinality($5)],
        ($7)[r.target - cardinality($5) - cardinality($6)], r.module, coalesce(r.access, ($10)[1]),
        r.value::jsonb, coalesce(r.source, ($12)[1]), coalesce(r.source_ref, ($13)[1]), coalesce(r.reason, ($14)[1]), 'epoch'::timestamptz + r.starts * interval '1 ms',
        'epoch'::timestamptz + r.ends * interval '1 ms', 'import', $17
      from unnest($1, $4, $8, $9, $10, $11, $12, $13, $14, $15, $16) r (id, holder, target, module, access, value, source, source_ref, reason, starts, ends)
      %s$insert$, case when not new then 'on conflict do nothing' end)
    using ids, people, holding_organizations, holders, given_entitlements, given_products, given_plan_versions, targets, modules, accesses, vals,
      sources, refs, reasons, starts, ends, at, tenant;
  get diagnostics added = row_count;
  return added;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.keep_audiences()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
begin
  delete from issuer_audiences where tenant_id = new.tenant_id and issuer_id = new.id;
  insert into issuer_audiences (tenant_id, issuer_id, iss, audience)
    select distinct new.tenant_id, new.id, new.iss, audience from unnest(new.audiences) audience;
  return null;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.kept_digest(tenant uuid, cut bigint)
 RETURNS bytea
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
  select sha256(coalesce(string_agg(
    framed(int8send(c.revision)) || framed(int8send((extract(epoch from c.at) * 1000)::bigint)) || framed(c.header_hash)
      || framed(int4send(c.effects)) || framed(c.digest) || framed(c.chain) || framed(e.digest), '' order by c.revision), ''))
  from change c
  cross join lateral (
    select sha256(coalesce(string_agg(int4send(k.ordinal) || k.hash, '' order by k.ordinal), '')) as digest
    from (
      select ordinal, hash from effects where tenant_id = c.tenant_id and epoch = c.epoch and xid = c.xid offset 0
    ) k
  ) e
  where c.tenant_id = tenant and c.revision <= cut
$function$
CREATE OR REPLACE FUNCTION vouchsafe.known_by_holder(table_name text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select table_name in ('subjects', 'grants', 'facts', 'experiment_assignments')
$function$
CREATE OR REPLACE FUNCTION vouchsafe.mark_seat_customers()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
begin
  perform mark_stripe(c.account_id, c.customer, now())
    from (select tenant_id, account_id, customer, organization_id from stripe_customers) c
    where (c.tenant_id, c.organization_id) in (
      select p.tenant_id, p.organization_id from new_rows s
      join seat_pools p on p.tenant_id = s.tenant_id and p.id = s.pool_id
      where exists (select from price_mappings m where m.tenant_id = p.tenant_id and m.pool = p.key and m.quantity = 'follows_seats'))
    order by c.account_id, c.customer;
  return null;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.mark_stripe(account uuid, marked text, at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
  insert into stripe_marks as m (tenant_id, account_id, object, since, due_at)
    values (nullif(current_setting('app.tenant_id', true), '')::uuid, account, marked, at, at)
  on conflict (tenant_id, account_id, object) do update set
    generation = m.generation + 1,
    state = 'waiting',
    attempts = case when m.state = 'dead' then 0 else m.attempts end,
    since = case when m.state = 'waiting' then m.since else excluded.since end,
    due_at = case when m.state = 'waiting' then m.due_at else excluded.due_at end
$function$
CREATE OR REPLACE FUNCTION vouchsafe.name_mark(name text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE STRICT
AS $function$
  select pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(name, 'UTF8')), 1, 4)
$function$
CREATE OR REPLACE FUNCTION vouchsafe.open_for_writing()
 RETURNS vouchsafe.open_transaction
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  row open_transaction;
begin
  if current_tenant() is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  insert into open_transaction (xid, tenant_id, epoch)
    select pg_current_xact_id(), head.tenant_id, head.epoch from head where head.tenant_id = current_tenant()
    on conflict do nothing;
  select * into row from open_transaction where xid = pg_current_xact_id() and tenant_id = current_tenant();
  if not found then
    raise exception 'a transaction belongs to one tenant' using errcode = 'VS001';
  end if;
  if row.sealed then
    raise exception 'the transaction is sealed: nothing can be written after that' using errcode = 'VS002';
  end if;
  return row;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.organizations_above(tenant uuid, organization uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
  with recursive above (id, parent_id) as (
    select o.id, o.parent_id from vouchsafe.organizations o where o.tenant_id = tenant and o.id = organization
    union
    select o.id, o.parent_id from vouchsafe.organizations o join above a on o.id = a.parent_id where o.tenant_id = tenant
  )
  select id from above
$function$
CREATE OR REPLACE FUNCTION vouchsafe.packed_about(tenant uuid, holder uuid)
 RETURNS SETOF vouchsafe.packed_effect
 LANGUAGE sql
 STABLE
AS $function$
  select * from vouchsafe.packed_effect p where p.tenant_id = packed_about.tenant
    and p.first_holder <= packed_about.holder and p.last_holder >= packed_about.holder and p.holder = packed_about.holder
$function$
CREATE OR REPLACE FUNCTION vouchsafe.packed_key(table_name text, image jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case table_name
    when 'facts' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'subject_id', image -> 'subject_id', 'key', image -> 'key')
    when 'experiment_assignments' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'subject_id', image -> 'subject_id',
      'experiment', image -> 'experiment')
    when 'identities' then pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'iss', image -> 'iss', 'sub', image -> 'sub')
    else pg_catalog.jsonb_build_object('tenant_id', image -> 'tenant_id', 'id', image -> 'id')
  end
$function$
CREATE OR REPLACE FUNCTION vouchsafe.packed_named(tenant uuid, name text)
 RETURNS SETOF vouchsafe.packed_effect
 LANGUAGE sql
 STABLE
AS $function$
  select * from vouchsafe.packed_effect p where p.tenant_id = packed_named.tenant and p.marks is not null
    and pg_catalog."position"(p.marks, vouchsafe.name_mark(packed_named.name)) > 0 and p.key ->> 'sub' = packed_named.name
$function$
CREATE OR REPLACE FUNCTION vouchsafe.prune_history(cut bigint, exported bigint, name text, bytes bigint, digest bytea)
 RETURNS SETOF vouchsafe.checkpoints
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
 SET enable_nestloop TO 'off'
AS $function$
declare
  tenant uuid := current_tenant();
  before bigint;
  last change;
  there bigint;
  gone bigint;
  stays bigint;
begin
  if tenant is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  -- One at a time, and a second one sees what the first did.
  perform pg_advisory_xact_lock(hashtextextended('prune ' || tenant, 0));
  select coalesce(max(c.revision), 0) into before from checkpoints c where c.tenant_id = tenant;
  select * into last from change c where c.tenant_id = tenant and c.revision = cut;
  if not found or cut <= before then
    raise exception 'there is no change % that could be pruned', cut using errcode = 'VS008';
  end if;
  select count(*) into there from change c
    join effects e on e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
    where c.tenant_id = tenant and c.revision > before and c.revision <= cut;
  if there is distinct from exported then
    raise exception 'the export holds % effects, history has %', exported, there using errcode = 'VS008';
  end if;

  perform set_config('app.history', 'prune', true);
  with images as materialized (
    select distinct on (e.table_name, e.key) e.epoch, e.xid, e.ordinal, e.op, e.key
    from effects e join change c on c.tenant_id = tenant and c.epoch = e.epoch and c.xid = e.xid
    where e.tenant_id = tenant and c.revision <= cut
    order by e.table_name, e.key, c.revision desc, e.ordinal desc
  ), kept as materialized (
    -- A row that was gone, or whose name was erased, leaves nothing that could be asked for.
    select epoch, xid, ordinal from images where op <> 'delete' and key <> '{}'
  ), packed as (
    -- Of each pack with a row that goes, what stays of it.
    select p.epoch, p.xid, p.pack, array_agg(p.n) filter (where k.ordinal is null) as gone, count(k.ordinal) as stays
    from packed_effect p join change c on c.tenant_id = tenant and c.epoch = p.epoch and c.xid = p.xid
    left join kept k on k.epoch = p.epoch and k.xid = p.xid and k.ordinal = p.ordinal
    where p.tenant_id = tenant and c.revision <= cut
    group by 1, 2, 3 having count(k.ordinal) < count(*)
  ), emptied as (
    delete from effect_pack p using packed k
      where p.tenant_id = tenant and p.epoch = k.epoch and p.xid = k.xid and p.ordinal = k.pack and k.stays = 0
  ), thinned as (
    update effect_pack p set (images, salts) = (
        select string_agg(case when n = any (k.gone) then '' else line end, E'\n' order by n),
          string_agg(case when n = any (k.gone) then decode('00000000000000000000000000000000', 'hex')
            else substr(p.salts, n::integer * 16 - 15, 16) end, '' order by n)
        from string_to_table(p.images, E'\n') with ordinality l (line, n)
      ) from packed k
      where p.tenant_id = tenant and p.epoch = k.epoch and p.xid = k.xid and p.ordinal = k.pack and k.stays > 0
  ), single as (
    delete from effect e using change c
      where c.tenant_id = tenant and c.revision <= cut and e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
        and not exists (select from kept k where k.epoch = e.epoch and k.xid = e.xid and k.ordinal = e.ordinal)
      returning 1
  )
  select (select count(*) from single) + (select coalesce(sum(cardinality(k.gone)), 0) from packed k) into gone;
  delete from change c where c.tenant_id = tenant and c.revision < cut and not exists (
    select from effect e where e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
    union all
    select from effect_pack p where p.tenant_id = tenant and p.epoch = c.epoch and p.xid = c.xid
  );
  perform set_config('app.history', '', true);

  select count(*) into stays from change c
    join effects e on e.tenant_id = tenant and e.epoch = c.epoch and e.xid = c.xid
    where c.tenant_id = tenant and c.revision <= cut;
  return query insert into checkpoints (tenant_id, revision, epoch, chain, at, effects, pruned, kept, kept_digest,
      export_name, export_bytes, export_sha256, pruned_at)
    values (tenant, cut, last.epoch, last.chain, last.at, there, gone, stays, kept_digest(tenant, cut),
      name, bytes, digest, date_trunc('milliseconds', clock_timestamp()))
    returning *;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.record_effects()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  columns text[] := tg_argv;
  what text := lower(tg_op);
  done bytea := framed(convert_to(tg_table_name, 'UTF8')) || framed(convert_to(what, 'UTF8'));
  opened open_transaction;
  written integer;
  usuals jsonb;
  types jsonb;
  evenness text;
  uneven text[];
  blank text;
  rares text[];
  lines text;
  -- A column of every key that says a row's name, and is never null.
  id text := case when tg_table_name in ('subjects', 'grants') then 'id' else 'subject_id' end;
begin
  if tg_op = 'UPDATE' then
    if exists (
      select row_key(columns, image) from (select to_jsonb(old_row) as image from old_rows old_row offset 0) before
      except
      select row_key(columns, image) from (select to_jsonb(new_row) as image from new_rows new_row offset 0) after
    ) then
      raise exception 'the key of a row in % never changes', tg_table_name using errcode = 'VS004';
    end if;
    -- A row that was written with what it held already is no effect.
    if not exists (
      select to_jsonb(new_row) from new_rows new_row except select to_jsonb(old_row) from old_rows old_row
    ) then return null; end if;
    opened := open_for_writing();
    insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
      select (image ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, what, key, image,
        salt, recorded_hash(salt, done, key_text, image_text)
      from (
        select row_number() over () as n, image, key, uuid_send(gen_random_uuid()) as salt,
          convert_to(key::text, 'UTF8') as key_text, convert_to(image::text, 'UTF8') as image_text
        from (
          select image, row_key(columns, image) as key from (
            select to_jsonb(new_row) as image from new_rows new_row except select to_jsonb(old_row) from old_rows old_row
          ) changed offset 0
        ) keyed
      ) rows;
    get diagnostics written = row_count;
  elsif tg_op = 'INSERT' then
    -- Where they are many, they are counted later.
    select count(*) into written from (select from new_rows limit 100) few;
    if written = 0 then return null; end if;
    opened := open_for_writing();
    if written >= 100 and (known_by_holder(tg_table_name) or tg_table_name = 'identities') then
      -- What most rows say is said once, as far as the first ones tell, and that the rest is null; a line says what differs.
      -- A text only where all rows say it: a name in it then goes with all of them.
      with sampled as (
        select to_jsonb(new_row) as image from new_rows new_row limit 20
      ), said as (
        select name, type, case when usual_column(tg_table_name, name, images[1]) and cardinality(array_positions(images, images[1])) >= 10 then images[1] end as usual,
          'null' = all (images) as rare
        from (select name, array_agg(value) as images from sampled cross join lateral jsonb_each(image) each (name, value) group by name) each
        join (
          select a.attname::text as name, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as type
          from pg_attribute a join pg_type t on t.oid = a.atttypid
          where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped offset 0
        ) there using (name)
      )
      select jsonb_object_agg(name, usual), jsonb_object_agg(name, type), coalesce(array_agg(name) filter (where rare), '{}'),
        'select count(*), array_remove(array[' || coalesce(string_agg(format('case when not bool_and(%I is not distinct from %L) then %L end', name, usual #>> '{}', name), ', ')
          filter (where type = 'text' and usual is not null), 'null') || ']::text[], null) from new_rows'
        into usuals, types, rares, evenness from said;
      execute evenness into written, uneven;
      usuals := usuals || coalesce((select jsonb_object_agg(name, null) from unnest(uneven) name), '{}');
      blank := usuals::text;
      -- What the first ones do not say is asked for at once; a text in a text would be copied twice.
      select concat_ws(', ', string_agg(said, ', ') filter (where not rare), case when cardinality(rares) > 0 then
          format('case when num_nonnulls(%s) > 0 then concat(%s) end', string_agg(quote_ident(name), ', ') filter (where rare),
            string_agg(said, ', ') filter (where rare)) end)
        into lines from (
          select name, name = any (rares) as rare, case
            when usuals ->> name is not null then format('case when %1$I is distinct from %2$L::%3$s then concat(%4$L, coalesce(%5$s::text, %6$L)) end',
              name, usuals ->> name, type, intro, value, 'null')
            when type = 'uuid' then format('case when %1$I is not null then %2$L end, %1$I, case when %1$I is not null then %3$L end', name, intro || '"', '"')
            else format('case when %1$I is not null then %2$L end, %3$s', name, intro, value) end as said
          from jsonb_each_text(types) t (name, type)
          cross join lateral (select format(',"%s":', name) as intro, format(case type when 'jsonb' then '%I' else 'to_json(%I)' end, name) as value) json
          where name <> id
        ) each;
      done := done || framed(sha256(convert_to(blank, 'UTF8')));
      execute format($pack$
        insert into effect_pack (tenant_id, epoch, xid, ordinal, table_name, blank, holders, first_holder, last_holder, salts, hashes, images, marks)
          select $1, $2, $3, $4 + first, $5, $6, holders, (select h from unnest(holders) h order by h limit 1),
            (select h from unnest(holders) h order by h desc limit 1), salts, hashes, images, marks
          from (
            -- In the order in which they come, which is the same for all that is put together here.
            select min(n) as first, array_agg(holder) as holders, string_agg(salt, '') as salts,
              string_agg(sha256('\x00000010'::bytea || salt || $7 || framed(convert_to(line, 'UTF8'))), '') as hashes,
              string_agg(line, E'\n') as images, string_agg(mark, '') as marks
            from (
              select n, holder, substr(sha256($8 || int4send(n)), 1, 16) as salt, line, mark from (
                select row_number() over ()::integer as n, %s as holder, %s as mark, concat('{"%s":"', %I, '"', %s, '}') as line from new_rows
              ) numbered offset 0
            ) rows group by (n - 1) / 1000
          ) packs$pack$,
        case when tg_table_name = 'subjects' then 'id' when tg_table_name = 'grants' then 'coalesce(subject_id, organization_id)'
          else 'subject_id' end,
        case when tg_table_name = 'identities' then 'name_mark(sub)' else 'null::bytea' end, id, id, lines)
        -- The salts come of random bytes that nobody keeps: a tenth of what random bytes for each row take.
        using opened.tenant_id, opened.epoch, opened.xid, opened.effects, tg_table_name, blank, done,
          uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
    else
      insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
        select (image ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, what, key, image,
          salt, recorded_hash(salt, done, key_text, image_text)
        from (
          select row_number() over () as n, image, key, uuid_send(gen_random_uuid()) as salt,
            convert_to(key::text, 'UTF8') as key_text, convert_to(image::text, 'UTF8') as image_text
          from (
            select image, row_key(columns, image) as key
            from (select to_jsonb(new_row) as image from new_rows new_row offset 0) made offset 0
          ) keyed
        ) rows;
      get diagnostics written = row_count;
    end if;
  else
    if not exists (select from old_rows) then return null; end if;
    opened := open_for_writing();
    insert into effect (tenant_id, epoch, xid, ordinal, table_name, op, key, after, salt, hash)
      select (key ->> 'tenant_id')::uuid, opened.epoch, opened.xid, opened.effects + n, tg_table_name, what, key, null,
        salt, recorded_hash(salt, done, key_text, null)
      from (
        select row_number() over () as n, key, uuid_send(gen_random_uuid()) as salt, convert_to(key::text, 'UTF8') as key_text
        from (
          select row_key(columns, image) as key
          from (select to_jsonb(old_row) as image from old_rows old_row offset 0) gone offset 0
        ) keyed
      ) rows;
    get diagnostics written = row_count;
  end if;
  update open_transaction set effects = effects + written where xid = opened.xid;
  return null;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.recorded_hash(salt bytea, done bytea, key bytea, after bytea)
 RETURNS bytea
 LANGUAGE sql
 STABLE
AS $function$
  select pg_catalog.sha256(vouchsafe.framed(salt) || done || vouchsafe.framed(key) || vouchsafe.framed(after))
$function$
CREATE OR REPLACE FUNCTION vouchsafe.refuse_cycle()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  above uuid := new.parent_id;
  depth integer := 0;
  height integer := 0;
  level uuid[] := array[new.id];
begin
  if new.parent_id is null then return new; end if;
  perform pg_advisory_xact_lock(hashtextextended('organizations ' || new.tenant_id, 0));
  while above is not null loop
    depth := depth + 1;
    if above = new.id then
      raise exception 'an organization cannot be above itself' using errcode = 'VS006';
    end if;
    if depth > 64 then
      raise exception 'organizations are at most 64 deep' using errcode = 'VS006';
    end if;
    select parent_id into above from organizations where tenant_id = new.tenant_id and id = above;
  end loop;
  if tg_op = 'UPDATE' then
    loop
      select array_agg(id) into level from organizations where tenant_id = new.tenant_id and parent_id = any (level);
      exit when level is null;
      height := height + 1;
      if depth + height > 64 then
        raise exception 'organizations are at most 64 deep' using errcode = 'VS006';
      end if;
    end loop;
  end if;
  return new;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.refuse_history_edit()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if current_user = 'vouchsafe_owner' and tg_table_name <> 'checkpoints' then
    if tg_op = 'UPDATE' and (current_setting('app.history', true) = 'erase'
      or tg_table_name = 'effect_pack' and current_setting('app.history', true) = 'prune') then return new; end if;
    if tg_op = 'DELETE' and current_setting('app.history', true) = 'prune' then return old; end if;
  end if;
  raise exception 'history is only added to' using errcode = 'VS005';
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.refuse_unsealed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  was_sealed boolean;
begin
  delete from open_transaction where xid = new.xid returning sealed into was_sealed;
  if was_sealed is not true then
    raise exception 'a transaction that writes must be sealed before it commits' using errcode = 'VS003';
  end if;
  return null;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.row_key(columns text[], image jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select case pg_catalog.cardinality(columns)
    when 1 then pg_catalog.jsonb_build_object(columns[0], image -> columns[0])
    when 2 then pg_catalog.jsonb_build_object(columns[0], image -> columns[0], columns[1], image -> columns[1])
    when 3 then pg_catalog.jsonb_build_object(columns[0], image -> columns[0], columns[1], image -> columns[1],
      columns[2], image -> columns[2])
  end
$function$
CREATE OR REPLACE FUNCTION vouchsafe.says_name(said text, names text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select exists (
    select from unnest(names) name
    where length(name) >= 5 and strpos(lower(said), lower(name)) > 0
      and lower(said) ~ ('(^|[^[:alnum:]])' || regexp_replace(lower(name), '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]])')
  )
$function$
CREATE OR REPLACE FUNCTION vouchsafe.says_short_name(said text, names text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select exists (
    select from unnest(names) name
    where strpos(lower(said), lower(name)) > 0
      and lower(said) ~ ('(^|[^[:alnum:]_])' || regexp_replace(lower(name), '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]_])')
  )
$function$
CREATE OR REPLACE FUNCTION vouchsafe.seal(actor text, action text, reason text, cause text, OUT epoch uuid, OUT revision bigint, OUT chain bytea, OUT changed boolean)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'vouchsafe', 'pg_temp'
AS $function$
declare
  tenant uuid := current_tenant();
  opened open_transaction;
  previous head;
  digest bytea;
  at timestamptz;
  header_salt bytea := uuid_send(gen_random_uuid());
  header_hash bytea;
begin
  if tenant is null then
    raise exception 'no tenant is set: write through withTenant' using errcode = 'VS001';
  end if;
  select * into opened from open_transaction o where o.xid = pg_current_xact_id_if_assigned();
  if opened.sealed then
    raise exception 'the transaction is sealed already' using errcode = 'VS002';
  end if;
  if coalesce(opened.effects, 0) = 0 then
    select h.epoch, h.revision, h.chain, false into epoch, revision, chain, changed from head h where h.tenant_id = tenant;
    update open_transaction o set sealed = true where o.xid = opened.xid;
    return;
  end if;
  select sha256(string_agg(e.hashes, '' order by e.ordinal)) into digest from (
    select k.ordinal, k.hash as hashes from effect k where k.tenant_id = tenant and k.epoch = opened.epoch and k.xid = opened.xid
    union all
    select p.ordinal, p.hashes from effect_pack p where p.tenant_id = tenant and p.epoch = opened.epoch and p.xid = opened.xid
  ) e;
  header_hash := sha256(framed(header_salt) || framed(convert_to(actor, 'UTF8')) || framed(convert_to(action, 'UTF8'))
    || framed(convert_to(reason, 'UTF8')) || framed(convert_to(cause, 'UTF8')));
  -- From here to the end of the commit the tenant's other writers wait: order is commit order.
  select * into previous from head h where h.tenant_id = tenant for update;
  if previous.epoch is distinct from opened.epoch then
    raise exception 'the tenant began a new epoch meanwhile' using errcode = '40001';
  end if;
  at := date_trunc('milliseconds', clock_timestamp());
  epoch := previous.epoch;
  revision := previous.revision + 1;
  chain := sha256(framed(previous.chain) || framed(uuid_send(tenant)) || framed(uuid_send(epoch))
    || framed(int8send(revision)) || framed(int8send((extract(epoch from at) * 1000)::bigint))
    || framed(header_hash) || framed(digest));
  changed := true;
  update head h set revision = seal.revision, chain = seal.chain where h.tenant_id = tenant;
  insert into change (tenant_id, epoch, revision, xid, at, actor, action, reason, cause, header_salt, header_hash, effects, digest, chain)
    values (tenant, seal.epoch, seal.revision, opened.xid, at, actor, action, reason, cause, header_salt, header_hash, opened.effects, digest, seal.chain);
  update open_transaction o set sealed = true where o.xid = opened.xid;
end $function$
CREATE OR REPLACE FUNCTION vouchsafe.usual_column(table_name text, name text, said jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when said = 'null' then false when name = 'tenant_id' then true
    when table_name = 'subjects' then name in ('kind', 'created_at')
    when table_name = 'identities' then name = 'iss'
    when table_name <> 'grants' then false
    when name = 'metadata' then said = '{}'
    else name in ('effect', 'access', 'source', 'source_ref', 'entitlement_id', 'product_id', 'plan_version_id', 'module', 'starts_at', 'ends_at',
      'granted_by', 'granted_at') end
$function$
