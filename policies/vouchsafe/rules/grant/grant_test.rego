package vouchsafe.rules.grant_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.grant

record := fixtures.grant({})

test_allows_by_its_record if {
	grant.allow == [{"code": "GRANTED", "params": {"source": "stripe", "source_ref": "si_1"}, "record": record}] with input as fixtures.holding([record])
}

test_leaves_other_records_alone if {
	grant.allow == [] with input as fixtures.holding([fixtures.grant({"source": "trial"})])
}

test_leaves_other_keys_alone if {
	other := object.union(record, {"gives": "copilot"})
	grant.allow == [] with input as fixtures.holding([other])
}

test_misses_the_organization_not_named if {
	away := fixtures.grant({"through": "no_context", "organization": "org_1"})
	grant.miss == {{
		"code": "ORGANIZATION_REQUIRED",
		"params": {"organization": "org_1"},
		"fix": {"action": "name_organization", "params": {"organization": "org_1"}},
	}} with input as fixtures.holding([away, record])
}
