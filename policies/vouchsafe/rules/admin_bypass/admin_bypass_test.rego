package vouchsafe.rules.admin_bypass_test

import data.vouchsafe.rules.admin_bypass

test_allows_administrators if {
	admin_bypass.allow == {{"code": "ADMIN_OVERRIDE", "params": {}}} with input as {"principal": {"roles": ["editor", "admin"]}}
}

test_allows_nobody_else if {
	admin_bypass.allow == set() with input as {"principal": {"roles": ["administrator"]}}
}
