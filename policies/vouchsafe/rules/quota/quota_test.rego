package vouchsafe.rules.quota_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.quota

index := {"guards": ["quota"], "rules": ["grant", "override"], "custom": []}

ask(quantity, values) := of_kind("limit", quantity, values)

of_kind(kind, quantity, values) := fixtures.asking({
	"entitlement": {"kind": kind, "combine": "max"},
	"quantity": quantity,
	"grants": [fixtures.grant({"id": v, "value": v}) | some v in values],
})

test_passes_other_kinds if {
	every kind in ["boolean", "config"] {
		quota.pass with input as of_kind(kind, 2, [1]) with data.vouchsafe.index as index
	}
}

test_stops_more_than_was_given_of_what_is_used_up if {
	every kind in ["metered", "credit"] {
		quota.pass with input as of_kind(kind, 100, [100, 20]) with data.vouchsafe.index as index
		quota.pass with input as of_kind(kind, 101, ["unlimited"]) with data.vouchsafe.index as index
		quota.pass with input as of_kind(kind, 101, []) with data.vouchsafe.index as index
		not quota.pass with input as of_kind(kind, 101, [100, 20]) with data.vouchsafe.index as index
		not quota.pass with input as of_kind(kind, 1, [0]) with data.vouchsafe.index as index
	}
}

test_passes_the_limit_itself if quota.pass with input as ask(100, [100, 20]) with data.vouchsafe.index as index

test_passes_where_unlimited if quota.pass with input as ask(100, ["unlimited", 20]) with data.vouchsafe.index as index

test_passes_where_nothing_is_stated if quota.pass with input as ask(100, []) with data.vouchsafe.index as index

test_passes_evidence_without_a_value if {
	asked := ask(100, [20])
	open := object.union(asked, {"grants": array.concat(asked.grants, [fixtures.grant({})])})
	quota.pass with input as open with data.vouchsafe.index as index
}

test_stops_more_than_the_limit if {
	not quota.pass with input as ask(101, [100, 20]) with data.vouchsafe.index as index
	quota.miss == {{
		"code": "QUOTA_EXCEEDED",
		"params": {"limit": 100, "requested": 101},
	}} with input as ask(101, [100, 20]) with data.vouchsafe.index as index
}

test_stops_a_limit_that_is_no_number if {
	not quota.pass with input as ask(1, ["many"]) with data.vouchsafe.index as index
}
