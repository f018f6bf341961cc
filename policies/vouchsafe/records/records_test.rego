package vouchsafe.records_test

import data.vouchsafe.fixtures
import data.vouchsafe.records

token(revocation) := fixtures.asking({
	"grants": [fixtures.grant({"source": "claim"})],
	"revocation": revocation,
})

believes(asked) if {
	count(records.usable) == 1 with input as asked
}

test_believes_a_token_without_a_cut_off if believes(token({}))

test_believes_a_token_of_the_cut_off if believes(token({"tokens_not_before": 5, "token_issued_at": 5}))

test_believes_no_older_or_unknown_token if {
	not believes(token({"tokens_not_before": 5, "token_issued_at": 4}))
	not believes(token({"tokens_not_before": 5}))
	not believes(token({"tokens_not_before": null}))
	not believes(object.remove(token({}), ["revocation"]))
}

test_believes_a_token_newer_than_the_revocation if {
	records.usable == [fixtures.grant({"source": "claim"})] with input as fixtures.asking({
		"grants": [
			fixtures.grant({"source": "claim"}),
			fixtures.grant({"revoked_at": 5}),
			fixtures.grant({"revoked_at": 50, "gives": "copilot"}),
			fixtures.grant({"revoked_at": 50, "effect": "deny"}),
		],
		"revocation": {"token_issued_at": 6},
	})
}

test_stored_records_need_no_token if {
	count(records.usable) == 1 with input as fixtures.asking({
		"grants": [fixtures.grant({})],
		"revocation": {"tokens_not_before": 5},
	})
}

test_only_what_reaches_is_usable if {
	every through in ["self", "organization", "seat"] {
		count(records.usable) == 1 with input as fixtures.holding([fixtures.grant({"through": through})])
	}
	every through in ["no_seat", "no_context", "", null] {
		count(records.usable) == 0 with input as fixtures.holding([fixtures.grant({"through": through})])
	}
}
