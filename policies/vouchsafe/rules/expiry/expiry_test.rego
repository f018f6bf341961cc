package vouchsafe.rules.expiry_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.expiry

test_misses_what_ended if {
	ended := fixtures.grant({"ends_at": fixtures.now})
	expiry.miss == {{"code": "EXPIRED", "params": {"ended_at": fixtures.now}}} with input as fixtures.holding([ended])
}

test_misses_what_is_to_come if {
	later := fixtures.now + 1
	coming := fixtures.grant({"starts_at": later})
	expiry.miss == {{"code": "NOT_YET_ACTIVE", "params": {"starts_at": later}}} with input as fixtures.holding([coming])
}

test_misses_what_was_withdrawn if {
	gone := fixtures.grant({"revoked_at": 5, "ends_at": 4})
	expiry.miss == {{"code": "REVOKED", "params": {"revoked_at": 5}}} with input as fixtures.holding([gone])
}

test_misses_nothing_of_what_is_live if {
	expiry.miss == set() with input as fixtures.holding([fixtures.grant({"ends_at": fixtures.now + 1})])
}
