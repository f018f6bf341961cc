package vouchsafe.rules.membership_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.membership

learn := {"key": "learn", "provisioning": "direct_user", "zone": "UTC", "member_entitlement": "learn_member"}

held := fixtures.grant({"gives": "learn_member"})

test_passes_where_no_membership_is_needed if membership.pass with input as fixtures.asking({})

test_passes_a_member if {
	membership.pass with input as fixtures.asking({"module": learn, "grants": [held]})
}

test_passes_the_question_for_the_membership_itself if {
	membership.pass with input as fixtures.asking({"module": learn, "target": "learn_member"})
}

test_passes_an_administrator if {
	membership.pass with input as fixtures.asking({"module": learn, "principal": {"roles": ["admin"]}})
}

test_stops_others if {
	asked := fixtures.asking({"module": learn, "grants": [object.union(held, {"ends_at": fixtures.now})]})
	not membership.pass with input as asked
	membership.miss == {{"code": "NOT_MEMBER", "params": {"entitlement": "learn_member"}}} with input as asked
}
