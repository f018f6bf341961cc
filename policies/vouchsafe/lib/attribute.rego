package vouchsafe.lib

typed(value, "string") if is_string(value)

typed(value, "number") if is_number(value)

typed(value, "boolean") if is_boolean(value)

typed(value, "string_list") if {
	is_array(value)
	every item in value {
		is_string(item)
	}
}

within(value, rule) if {
	_listed(value, rule)
	_at_least(value, rule)
	_at_most(value, rule)
}

_listed(_, rule) if not rule.one_of

_listed(value, rule) if value in rule.one_of

_listed(value, rule) if {
	is_array(value)
	every item in value {
		item in rule.one_of
	}
}

_at_least(_, rule) if not _bounded(rule, "min")

_at_least(value, rule) if {
	is_number(value)
	value >= rule.min
}

_at_most(_, rule) if not _bounded(rule, "max")

_at_most(value, rule) if {
	is_number(value)
	value <= rule.max
}

_bounded(rule, side) if _ = rule[side]
