package vouchsafe.lib_test

import data.vouchsafe.lib

test_live_in_its_window if {
	lib.live({"starts_at": 5}, 5)
	lib.live({"starts_at": 5, "ends_at": 10}, 9)
	not lib.live({"starts_at": 5}, 4)
	not lib.live({"starts_at": 5, "ends_at": 10}, 10)
}

test_never_live_when_revoked if not lib.live({"starts_at": 5, "revoked_at": 20}, 6)

test_null_is_no_missing_end if {
	not lib.live({"starts_at": 5, "ends_at": null}, 6)
	not lib.ended({"starts_at": 5, "ends_at": null}, 6)
	not lib.inert({"starts_at": 5, "ends_at": null}, 6)
	not lib.inert({"starts_at": null, "revoked_at": null}, 6)
}

test_grace_is_kept_within_bounds if {
	lib.grace_ms(7) == 604800000
	lib.grace_ms(400) == 5184000000
	lib.grace_ms(-1) == 0
	not lib.grace_ms("7")
}

test_end_is_the_first_of_both if {
	lib.end({"ends_at": 20, "past_due_at": 5}, 10) == 15
	lib.end({"ends_at": 20}, 10) == 20
	lib.end({"past_due_at": 5}, 10) == 15
	not lib.end({}, 10)
}

test_overdue_from_the_end_of_grace if {
	lib.overdue({"past_due_at": 5}, 15, 10)
	not lib.overdue({"past_due_at": 5}, 14, 10)
	lib.paid({"past_due_at": 5}, 14, 10)
	not lib.paid({"past_due_at": 5}, 15, 10)
	not lib.paid({"past_due_at": "5"}, 6, 10)
}
