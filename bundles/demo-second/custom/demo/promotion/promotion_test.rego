package custom.demo.promotion_test

import data.custom.demo.promotion

test_allows_early_access if {
	promotion.allow == {{"code": "demo/PROMOTION", "params": {}}} with input as {"target": "early_access"}
}

test_allows_nothing_else if {
	promotion.allow == set() with input as {"target": "docs"}
}
