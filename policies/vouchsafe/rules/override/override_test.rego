package vouchsafe.rules.override_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.override

record := fixtures.grant({"effect": "override"})

test_allows_by_its_record if {
	override.allow == [{"code": "OVERRIDE", "params": {"source": "stripe", "source_ref": "si_1"}, "record": record}] with input as fixtures.holding([record])
}

test_leaves_other_records_alone if {
	override.allow == [] with input as fixtures.holding([fixtures.grant({})])
}

test_leaves_other_keys_alone if {
	other := object.union(record, {"gives": "copilot"})
	override.allow == [] with input as fixtures.holding([other])
}
