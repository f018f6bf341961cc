package vouchsafe.rules.condition_test

import data.vouchsafe.fixtures
import data.vouchsafe.rules.condition

ask(rules, attributes) := fixtures.asking({
	"entitlement": {"attributes": rules},
	"context": {"attributes": attributes},
})

failed(requirement, name) := {{
	"code": "CONDITION_FAILED",
	"params": {"requirement": requirement, "name": name},
}}

test_passes_without_conditions if condition.pass with input as fixtures.asking({})

test_passes_an_administrator if {
	condition.pass with input as fixtures.asking({
		"principal": {"roles": ["admin"]},
		"entitlement": {"requires": ["docs_paid"]},
	})
}

test_passes_what_is_met if {
	condition.pass with input as fixtures.asking({
		"entitlement": {
			"requires": ["docs_paid"],
			"requires_facts": ["adult"],
			"attributes": {
				"age": {"type": "number", "required": true, "min": 18, "max": 99},
				"beta": {"type": "boolean"},
				"region": {"type": "string", "one_of": ["eu", "uk"]},
				"tags": {"type": "string_list", "one_of": ["a", "b"]},
				"note": {"type": "string"},
			},
		},
		"grants": [fixtures.grant({"gives": "docs_paid"})],
		"facts": {"adult": true},
		"context": {"attributes": {"age": 18, "beta": false, "region": "eu", "tags": ["b"]}},
	})
}

test_stops_a_key_that_is_not_held if {
	asked := fixtures.asking({"entitlement": {"requires": ["docs_paid"]}})
	not condition.pass with input as asked
	condition.miss == failed("entitlement", "docs_paid") with input as asked
}

test_stops_a_fact_that_is_null if {
	asked := fixtures.asking({"entitlement": {"requires_facts": ["adult"]}, "facts": {"adult": null}})
	not condition.pass with input as asked
	condition.miss == failed("fact", "adult") with input as asked
}

test_stops_a_missing_attribute if {
	asked := ask({"age": {"type": "number", "required": true}}, {})
	not condition.pass with input as asked
	condition.miss == {{"code": "ATTRIBUTE_MISSING", "params": {"attribute": "age"}}} with input as asked
}

test_stops_an_attribute_of_another_type if {
	every value in ["18", true, null, ["18"], {}] {
		asked := ask({"age": {"type": "number"}}, {"age": value})
		not condition.pass with input as asked
		condition.miss == {{
			"code": "ATTRIBUTE_INVALID",
			"params": {"attribute": "age", "type": "number"},
		}} with input as asked
	}
}

test_stops_a_list_with_another_type_in_it if {
	asked := ask({"tags": {"type": "string_list"}}, {"tags": ["a", 1]})
	not condition.pass with input as asked
}

test_stops_what_is_out_of_range if {
	every value in [17, 100] {
		asked := ask({"age": {"type": "number", "min": 18, "max": 99}}, {"age": value})
		not condition.pass with input as asked
		condition.miss == failed("attribute", "age") with input as asked
	}
}

test_stops_a_range_of_what_is_no_number if {
	not condition.pass with input as ask({"name": {"type": "string", "min": 1}}, {"name": "x"})
}

test_stops_what_is_not_listed if {
	not condition.pass with input as ask({"tags": {"type": "string_list", "one_of": ["a"]}}, {"tags": ["a", "b"]})
	not condition.pass with input as ask({"region": {"type": "string", "one_of": ["eu"]}}, {"region": "us"})
}

test_stops_a_type_that_is_not_known if {
	not condition.pass with input as ask({"age": {"type": "date"}}, {"age": "2026-11-23"})
}
