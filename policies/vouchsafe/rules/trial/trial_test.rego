package vouchsafe.rules.trial_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.trial

record := fixtures.grant({"source": "trial"})

test_allows_by_its_record if {
	trial.allow == [{"code": "TRIAL", "params": {"source": "trial", "source_ref": "si_1"}, "record": record}] with input as fixtures.holding([record])
}

test_leaves_other_records_alone if {
	trial.allow == [] with input as fixtures.holding([fixtures.grant({})])
}

test_leaves_other_keys_alone if {
	other := object.union(record, {"gives": "copilot"})
	trial.allow == [] with input as fixtures.holding([other])
}
