package vouchsafe.rules.claim_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.claim

record := fixtures.grant({"source": "claim"})

test_allows_by_its_record if {
	claim.allow == [{"code": "CLAIM", "params": {"entitlement": "docs"}, "record": record}] with input as fixtures.holding([record])
}

test_leaves_other_records_alone if {
	claim.allow == [] with input as fixtures.holding([fixtures.grant({})])
}

test_leaves_other_keys_alone if {
	other := object.union(record, {"gives": "copilot"})
	claim.allow == [] with input as fixtures.holding([other])
}

test_misses_a_withdrawn_claim_that_a_new_token_does_not_help if {
	ended := fixtures.grant({"revoked_at": fixtures.now - 1})
	claim.miss == {{"code": "CLAIM_REVOKED", "params": {"entitlement": "docs"}}} with input as fixtures.holding([record, ended])
}

test_misses_a_claim_from_before_the_cut_off if {
	claim.miss == {{
		"code": "CLAIM_REVOKED",
		"params": {"entitlement": "docs"},
		"fix": {"action": "sign_in_again", "params": {}},
	}} with input as fixtures.asking({
		"grants": [record],
		"revocation": {"tokens_not_before": fixtures.now, "token_issued_at": fixtures.now - 1},
	})
}
