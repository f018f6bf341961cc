package vouchsafe.rules.grace_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.grace

record := fixtures.grant({"past_due_at": fixtures.now - fixtures.hour})

test_allows_by_its_record if {
	grace.allow == [{"code": "GRACE", "params": {"past_due_at": fixtures.now - fixtures.hour}, "record": record}] with input as fixtures.holding([record])
}

test_leaves_other_records_alone if {
	grace.allow == [] with input as fixtures.holding([fixtures.grant({})])
}

test_leaves_other_keys_alone if {
	other := object.union(record, {"gives": "copilot"})
	grace.allow == [] with input as fixtures.holding([other])
}

test_misses_what_is_long_overdue if {
	due := fixtures.now - ((24 * 8) * fixtures.hour)
	grace.miss == {{
		"code": "PAYMENT_OVERDUE",
		"params": {"past_due_at": due},
		"fix": {"action": "pay_invoice", "params": {"source_ref": "si_1"}},
	}} with input as fixtures.holding([fixtures.grant({"past_due_at": due}), record])
}
