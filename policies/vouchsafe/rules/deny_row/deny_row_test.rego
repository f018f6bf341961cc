package vouchsafe.rules.deny_row_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.deny_row

record(changes) := fixtures.grant(object.union({"effect": "deny", "source": "admin"}, changes))

reason := {{"code": "DENIED_BY_RULE", "params": {"source": "admin", "ref": "si_1"}}}

test_passes_without_denials if deny_row.pass with input as fixtures.holding([fixtures.grant({})])

test_passes_denials_of_other_keys if deny_row.pass with input as fixtures.holding([record({"gives": "copilot"})])

test_passes_what_has_no_effect_now if {
	deny_row.pass with input as fixtures.holding([
		record({"revoked_at": 5}),
		record({"ends_at": fixtures.now}),
		record({"starts_at": fixtures.now + 1}),
		record({"through": "no_seat"}),
	])
}

test_stops_a_live_denial if {
	not deny_row.pass with input as fixtures.holding([record({})])
	deny_row.miss == reason with input as fixtures.holding([record({})])
}

test_stops_a_denial_through_a_suspended_seat if {
	asked := fixtures.holding([record({"through": "suspended_seat"})])
	not deny_row.pass with input as asked
	deny_row.miss == reason with input as asked
}

test_stops_a_denial_with_an_end_of_null if {
	asked := fixtures.holding([record({"ends_at": null})])
	not deny_row.pass with input as asked
	deny_row.miss == reason with input as asked
}
