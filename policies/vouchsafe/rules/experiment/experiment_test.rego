package vouchsafe.rules.experiment_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.experiment

asked := {"experiment": {"key": "editor", "variants": ["b", "c"]}}

test_allows_a_variant_that_has_it if {
	experiment.allow == {{
		"code": "EXPERIMENT",
		"params": {"experiment": "editor", "variant": "b"},
	}} with input as fixtures.asking({"entitlement": asked, "experiment": {"editor": "b"}})
}

test_allows_no_other_variant if {
	experiment.allow == set() with input as fixtures.asking({"entitlement": asked, "experiment": {"editor": "a"}})
}
