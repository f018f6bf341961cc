package vouchsafe.rules.tier_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.tier

record := fixtures.grant({"tier": {"key": "pro", "rank": 2}})

test_allows_by_its_record if {
	tier.allow == [{"code": "TIER", "params": {"source": "stripe", "tier": "pro"}, "record": record}] with input as fixtures.holding([record])
}

test_leaves_other_records_alone if {
	tier.allow == [] with input as fixtures.holding([fixtures.grant({})])
}

test_leaves_other_keys_alone if {
	other := object.union(record, {"gives": "copilot"})
	tier.allow == [] with input as fixtures.holding([other])
}
