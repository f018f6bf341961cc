# METADATA
# title: Condition
# description: What the definition requires - other entitlements, facts, and attributes of the context of the right type and range.
# custom:
#   order: 20
#   reasons:
#     ATTRIBUTE_MISSING:
#       title: Information missing
#       text: The question has to state {attribute}.
#     ATTRIBUTE_INVALID:
#       title: Information of the wrong type
#       text: "{attribute} has to be a {type}."
#     CONDITION_FAILED:
#       title: A condition is not met
#       text: "{requirement} {name} is not met."
package vouchsafe.rules.condition

import data.vouchsafe.lib
import data.vouchsafe.records
import data.vouchsafe.rules.admin_bypass

pass if admin_bypass.admin

pass if {
	every key in input.entitlement.requires {
		key in records.holdings
	}
	every fact in input.entitlement.requires_facts {
		_true(fact)
	}
	every name, rule in input.entitlement.attributes {
		_met(name, rule)
	}
}

_true(fact) if {
	input.facts[fact]
	not is_null(input.facts[fact])
}

_met(name, rule) if _omitted(name, rule)

_met(name, rule) if {
	value := input.context.attributes[name]
	lib.typed(value, rule.type)
	lib.within(value, rule)
}

_given(name) if _ = input.context.attributes[name]

_omitted(name, rule) if {
	not _given(name)
	not rule.required
}

miss contains {"code": "ATTRIBUTE_MISSING", "params": {"attribute": name}} if {
	some name, rule in input.entitlement.attributes
	rule.required
	not _given(name)
}

miss contains {"code": "ATTRIBUTE_INVALID", "params": {"attribute": name, "type": rule.type}} if {
	some name, rule in input.entitlement.attributes
	value := input.context.attributes[name]
	not lib.typed(value, rule.type)
}

miss contains {"code": "CONDITION_FAILED", "params": {"requirement": "attribute", "name": name}} if {
	some name, rule in input.entitlement.attributes
	value := input.context.attributes[name]
	lib.typed(value, rule.type)
	not lib.within(value, rule)
}

miss contains {"code": "CONDITION_FAILED", "params": {"requirement": "entitlement", "name": key}} if {
	some key in ({k | some k in input.entitlement.requires} - records.holdings)
}

miss contains {"code": "CONDITION_FAILED", "params": {"requirement": "fact", "name": fact}} if {
	some fact in input.entitlement.requires_facts
	not _true(fact)
}
