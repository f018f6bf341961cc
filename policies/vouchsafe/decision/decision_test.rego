package vouchsafe.decision_test

import data.vouchsafe.decision
import data.vouchsafe.fixtures

ours := {
	"guards": ["membership", "condition", "quota", "deny_row"],
	"rules": [
		"override",
		"grant",
		"seat",
		"read_only",
		"expiry",
		"open_product",
		"admin_bypass",
	],
	"custom": [],
}

with_custom(changes) := object.union(ours, {"custom": [object.union(
	{"team": "demo", "rule": "business_hours", "tenants": ["acme"], "modules": ["*"], "guard": true, "clock": true},
	changes,
)]})

closed := {"time": {"hour": 20, "weekday": 1, "date": "2026-11-23"}, "grants": [fixtures.grant({})]}

test_allows_with_all_guards_proven if {
	decision.verdict == {
		"question_id": "q_1",
		"allowed": true,
		"reasons": [{"code": "GRANTED", "params": {"source": "stripe", "source_ref": "si_1"}}],
		"fix": [],
		"obligations": [],
	} with input as fixtures.holding([fixtures.grant({})])
		with data.vouchsafe.index as ours
}

test_denies_without_evidence if {
	decision.verdict == {
		"question_id": "q_1",
		"allowed": false,
		"reasons": [{"code": "NO_GRANT", "params": {"entitlement": "docs"}}],
		"fix": [{"action": "buy_plan", "params": {"plan": "pro"}}],
		"obligations": [],
	} with input as fixtures.asking({"entitlement": {"offered_by": [{"plan": "pro", "kind": "tier", "rank": 2}]}})
		with data.vouchsafe.index as ours
}

test_obliges_to_read_only if {
	verdict := decision.verdict with input as fixtures.asking({
		"grants": [fixtures.grant({"access": "read_only", "ends_at": fixtures.now + 5})],
		"context": {"attributes": {"access": "read"}},
	})
		with data.vouchsafe.index as ours
	verdict.obligations == [{"id": "read_only", "params": {}}]
	verdict.expires_at == fixtures.now + 5
}

test_unknown_guard_is_unproven if {
	verdict := decision.verdict with input as fixtures.holding([fixtures.grant({})])
		with data.vouchsafe.index as object.union(ours, {"guards": ["absent"]})
	verdict.reasons == [{"code": "GUARD_UNPROVEN", "params": {"guard": "absent"}}]
}

test_custom_guard_stops_its_tenant if {
	verdict := decision.verdict with input as fixtures.asking(closed)
		with data.vouchsafe.index as with_custom({})
	verdict.reasons == [{"code": "demo/OUTSIDE_BUSINESS_HOURS", "params": {}}]
}

test_custom_guard_leaves_other_tenants_and_modules_alone if {
	every changes in [{"tenants": []}, {"tenants": ["umbrella"]}, {"modules": []}, {"modules": ["learn"]}] {
		verdict := decision.verdict with input as fixtures.asking(closed)
			with data.vouchsafe.index as with_custom(changes)
		verdict.allowed == true
	}
}

test_custom_guard_stops_its_module if {
	asked := fixtures.asking(object.union(closed, {"module": {"key": "learn", "provisioning": "direct_user", "zone": "UTC"}}))
	verdict := decision.verdict with input as asked
		with data.vouchsafe.index as with_custom({"modules": ["learn"]})
	verdict.reasons == [{"code": "demo/OUTSIDE_BUSINESS_HOURS", "params": {}}]
}

test_custom_guard_that_is_absent_is_unproven if {
	verdict := decision.verdict with input as fixtures.asking(closed)
		with data.vouchsafe.index as with_custom({"rule": "absent"})
	verdict.reasons == [{"code": "GUARD_UNPROVEN", "params": {"guard": "demo/absent"}}]
}

test_custom_rule_gives_evidence_with_value_and_end if {
	verdict := decision.verdict with input as fixtures.asking({})
		with data.vouchsafe.index as with_custom({"rule": "extra", "guard": false, "clock": false})
		with data.custom.demo.extra as {"allow": [{
			"code": "demo/EXTRA",
			"params": {},
			"value": 5,
			"expires_at": fixtures.now + 9,
		}]}
	verdict.reasons == [{"code": "demo/EXTRA", "params": {}}]
	verdict.value == 5
	verdict.expires_at == fixtures.now + 9
}

test_custom_rule_says_why_it_did_not_help if {
	verdict := decision.verdict with input as fixtures.asking({"explain": true})
		with data.vouchsafe.index as with_custom({"rule": "extra", "guard": false})
		with data.custom.demo.extra as {"miss": [{"code": "demo/TOO_FEW", "params": {"needed": 3}}]}
	verdict.reasons == [{"code": "demo/TOO_FEW", "params": {"needed": 3}}]
	{"rule": "demo/extra", "kind": "miss", "holds": false, "code": "demo/TOO_FEW", "params": {"needed": 3}} in verdict.evidence
}

test_explains_each_failed_guard_by_its_own_reason if {
	verdict := decision.verdict with input as fixtures.asking({
		"explain": true,
		"module": {"key": "learn", "member_entitlement": "learn_member"},
		"entitlement": {"requires": ["docs_paid"]},
	})
		with data.vouchsafe.index as ours
	[[e.rule, e.code] | some e in verdict.evidence; e.kind == "guard"; not e.holds] == [
		["membership", "NOT_MEMBER"],
		["condition", "CONDITION_FAILED"],
	]
}

test_explains_guards if {
	verdict := decision.verdict with input as fixtures.asking(object.union(closed, {"explain": true}))
		with data.vouchsafe.index as with_custom({})
	verdict.evidence == array.concat(
		[{"rule": name, "kind": "guard", "holds": true, "code": "GUARD_PASSED", "params": {}} | some name in ours.guards],
		[
			{"rule": "demo/business_hours", "kind": "guard", "holds": false, "code": "demo/OUTSIDE_BUSINESS_HOURS", "params": {}},
			{"rule": "grant", "kind": "allow", "holds": true, "code": "GRANTED", "params": {"source": "stripe", "source_ref": "si_1"}},
		],
	)
}

test_end_is_unknown_where_a_custom_rule_reads_the_clock_without_saying if {
	asked := fixtures.holding([fixtures.grant({"ends_at": fixtures.now + 5})])
	silent := decision.verdict with input as asked
		with data.vouchsafe.index as with_custom({})
	not silent.expires_at
	saying := decision.verdict with input as asked
		with data.vouchsafe.index as with_custom({"rule": "extra"})
		with data.custom.demo.extra as {"pass": true, "until": fixtures.now + 3}
	saying.expires_at == fixtures.now + 3
	denied := decision.verdict with input as fixtures.asking({})
		with data.vouchsafe.index as with_custom({"rule": "extra"})
		with data.custom.demo.extra as {"pass": true, "until": fixtures.now + 3}
	denied.expires_at == fixtures.now + 3
}

test_denial_ends_with_what_starts_or_with_the_denial if {
	verdict := decision.verdict with input as fixtures.holding([
		fixtures.grant({"starts_at": fixtures.now + 9}),
		fixtures.grant({"effect": "deny", "ends_at": fixtures.now + 5}),
	])
		with data.vouchsafe.index as ours
	verdict.expires_at == fixtures.now + 5
}

test_answer_ends_with_membership_or_a_coming_denial if {
	asked := fixtures.asking({
		"module": {"key": "learn", "provisioning": "direct_user", "zone": "UTC", "member_entitlement": "learn_member"},
		"grants": [
			fixtures.grant({"gives": "docs"}),
			fixtures.grant({"gives": "learn_member", "ends_at": fixtures.now + 7}),
			fixtures.grant({"effect": "deny", "starts_at": fixtures.now + 6}),
		],
	})
	verdict := decision.verdict with input as asked with data.vouchsafe.index as ours
	verdict.expires_at == fixtures.now + 6
}

test_value_changes_with_what_starts if {
	verdict := decision.verdict with input as fixtures.holding([
		fixtures.grant({"value": 1}),
		fixtures.grant({"value": 2, "starts_at": fixtures.now + 4}),
	])
		with data.vouchsafe.index as ours
	verdict.value == 1
	verdict.expires_at == fixtures.now + 4
}

test_sums_where_the_limit_is_a_sum if {
	verdict := decision.verdict with input as fixtures.asking({
		"entitlement": {"kind": "limit", "combine": "sum"},
		"quantity": 9,
		"grants": [fixtures.grant({"value": 1}), fixtures.grant({"id": "grt_2", "value": 2})],
	})
		with data.vouchsafe.index as ours
	verdict.deny_as == 429
	verdict.reasons == [{"code": "QUOTA_EXCEEDED", "params": {"limit": 3, "requested": 9}}]
}

test_asks_for_payment_where_credits_do_not_suffice if {
	verdict := decision.verdict with input as fixtures.asking({
		"entitlement": {"kind": "credit", "combine": "sum"},
		"quantity": 4,
		"grants": [fixtures.grant({"value": 1}), fixtures.grant({"id": "grt_2", "value": 2})],
	})
		with data.vouchsafe.index as ours
	verdict.deny_as == 402
	verdict.reasons == [{"code": "QUOTA_EXCEEDED", "params": {"limit": 3, "requested": 4}}]
}

test_same_fix_is_named_once if {
	place := {"organization": "org_1", "pool": "pool_1"}
	verdict := decision.verdict with input as fixtures.holding([
		fixtures.grant(object.union(place, {"through": "no_seat"})),
		fixtures.grant(object.union(place, {"through": "no_seat", "id": "grt_2"})),
	])
		with data.vouchsafe.index as ours
	verdict.fix == [{"action": "assign_seat", "params": place}]
}

test_clock_alone_may_suspend_a_seat_and_bring_it_back if {
	place := {"organization": "org_1", "pool": "pool_1", "seat_until": fixtures.now + 7}
	held := decision.verdict with input as fixtures.holding([fixtures.grant(object.union(place, {"through": "seat"}))])
		with data.vouchsafe.index as ours
	held.allowed == true
	held.expires_at == fixtures.now + 7
	suspended := decision.verdict with input as fixtures.holding([fixtures.grant(object.union(place, {"through": "suspended_seat"}))])
		with data.vouchsafe.index as ours
	suspended.allowed == false
	suspended.expires_at == fixtures.now + 7
}

test_no_answer_without_an_index_or_a_tenant if {
	not decision.verdict with input as fixtures.asking({})
	not decision.verdict with input as {"question_id": "q_1"}
		with data.vouchsafe.index as ours
}

test_overriding_value_replaces_all_others if {
	verdict := decision.verdict with input as fixtures.holding([
		fixtures.grant({"value": 9}),
		fixtures.grant({"id": "grt_2", "effect": "override", "value": 4}),
	])
		with data.vouchsafe.index as ours
	verdict.value == 4
}

test_value_that_comes_to_an_answer_without_one_ends_it if {
	verdict := decision.verdict with input as fixtures.holding([
		fixtures.grant({}),
		fixtures.grant({"value": 0, "starts_at": fixtures.now + 4}),
	])
		with data.vouchsafe.index as ours
	not verdict.value
	verdict.expires_at == fixtures.now + 4
}

test_denial_by_an_override_ends_with_it if {
	verdict := decision.verdict with input as fixtures.asking({
		"entitlement": {"kind": "limit", "combine": "max"},
		"quantity": 50,
		"grants": [
			fixtures.grant({"value": 100}),
			fixtures.grant({"id": "grt_2", "effect": "override", "value": 5, "ends_at": fixtures.now + 4}),
		],
	})
		with data.vouchsafe.index as ours
	verdict.allowed == false
	verdict.expires_at == fixtures.now + 4
}
