package vouchsafe.rules.open_product_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.open_product

evidence := {{"code": "OPEN_PRODUCT", "params": {"product": "handbook"}}}

handbook(changes) := {"product": object.union(
	{"key": "handbook", "requires_entitlement": true, "surface": "use", "open": false},
	changes,
)}

test_allows_what_needs_no_entitlement if {
	open_product.allow == evidence with input as handbook({"requires_entitlement": false, "open": true})
}

test_allows_no_closed_surface_of_an_open_product if {
	open_product.allow == set() with input as handbook({"requires_entitlement": false})
}

test_allows_an_open_surface if {
	open_product.allow == evidence with input as handbook({"open": true})
}

test_allows_no_restricted_product if {
	open_product.allow == set() with input as handbook({})
}

test_allows_nothing_where_no_product_is_asked if {
	open_product.allow == set() with input as fixtures.asking({})
}
