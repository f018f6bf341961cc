package vouchsafe.rules.seat_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.seat

record := fixtures.grant({"through": "seat"})

test_allows_by_its_record if {
	seat.allow == [{"code": "SEAT", "params": {"source": "stripe", "source_ref": "si_1"}, "record": record}] with input as fixtures.holding([record])
}

test_leaves_other_records_alone if {
	seat.allow == [] with input as fixtures.holding([fixtures.grant({})])
}

test_leaves_other_keys_alone if {
	other := object.union(record, {"gives": "copilot"})
	seat.allow == [] with input as fixtures.holding([other])
}

test_misses_a_seat if {
	place := {"organization": "org_1", "pool": "pool_1"}
	seatless := fixtures.grant(object.union(place, {"through": "no_seat"}))
	seat.miss == {{
		"code": "SEAT_REQUIRED",
		"params": place,
		"fix": {"action": "assign_seat", "params": place},
	}} with input as fixtures.holding([seatless, record])
}

test_misses_a_suspended_seat if {
	place := {"organization": "org_1", "pool": "pool_1"}
	suspended := fixtures.grant(object.union(place, {"through": "suspended_seat"}))
	seat.miss == {{
		"code": "SEAT_SUSPENDED",
		"params": place,
		"fix": {"action": "buy_seats", "params": place},
	}} with input as fixtures.holding([suspended])
	seat.allow == [] with input as fixtures.holding([suspended])
}
