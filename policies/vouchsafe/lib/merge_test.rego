package vouchsafe.lib_test

import data.vouchsafe.lib

test_largest_of_numbers if lib.merged([3, 20, 7, -40, "many", null], "max") == 20

test_sum_of_numbers if lib.merged([3, 20, -40, "many", null], "sum") == 23

test_union_of_lists_and_single_ones if lib.merged([["b", "a"], "c", ["a"], null], "union") == ["a", "b", "c"]

test_any_takes_the_largest if lib.merged([3, 20, null, -40], "any") == 20

test_unlimited_dominates if {
	every combine in ["any", "max", "sum", "union"] {
		lib.merged([3, "unlimited"], combine) == "unlimited"
	}
}

test_undefined_without_a_sound_value if {
	every combine in ["any", "max", "sum", "union"] {
		not lib.merged([null], combine)
		not lib.merged([], combine)
	}
	not lib.merged([-1], "any")
}

test_undefined_for_a_combination_not_known if not lib.merged([1], "avg")
