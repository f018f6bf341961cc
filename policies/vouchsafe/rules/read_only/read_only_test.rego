package vouchsafe.rules.read_only_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.read_only

record := fixtures.grant({"access": "read_only"})

params := {"source": "stripe", "source_ref": "si_1"}

reading := fixtures.asking({"grants": [record], "context": {"attributes": {"access": "read"}}})

test_allows_reading if {
	read_only.allow == [{"code": "READ_ONLY_ACCESS", "params": params, "record": record}] with input as reading
	read_only.miss == set() with input as reading
}

test_misses_all_else if {
	read_only.allow == [] with input as fixtures.holding([record])
	read_only.miss == {{"code": "READ_ONLY", "params": params}} with input as fixtures.holding([record])
}
