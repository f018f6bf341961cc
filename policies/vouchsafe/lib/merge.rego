package vouchsafe.lib

# Undefined where no value is left: null, negative and unfitting ones are none.
merged(values, combine) := "unlimited" if {
	"unlimited" in values
} else := max(_numbers(values)) if {
	combine == "max"
} else := sum(_numbers(values)) if {
	combine == "sum"
} else := _union(values) if {
	combine == "union"
} else := max(_sound(values)) if {
	combine == "any"
}

_numbers(values) := numbers if {
	numbers := [v | some v in values; is_number(v); v >= 0]
	count(numbers) > 0
}

# A set's order differs between engines; an array's does not.
_union(values) := sort(items) if {
	items := {i | some v in values; some i in _items(v)}
	count(items) > 0
}

_items(v) := v if {
	is_array(v)
} else := [v] if {
	not is_null(v)
}

_sound(values) := sound if {
	sound := [v | some v in values; not is_null(v); not _negative(v)]
	count(sound) > 0
}

_negative(v) if {
	is_number(v)
	v < 0
}
