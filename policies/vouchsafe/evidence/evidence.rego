# METADATA
# title: Evidence
# description: What all rules say, in the order of the index, as [rule, item]. New rules appear here without an edit.
package vouchsafe.evidence

import data.vouchsafe.index

allows := array.concat(_ours, _customs)

_ours := [[name, e] |
	some name in index.rules
	some e in data.vouchsafe.rules[name].allow
]

_customs := [[_name(c), e] |
	some c in custom
	some e in sort(data.custom[c.team][c.rule].allow)
]

misses := array.concat(
	[[name, m] |
		some name in index.rules
		some m in sort(data.vouchsafe.rules[name].miss)
	],
	[[_name(c), m] |
		some c in custom
		c.guard == false
		some m in sort(data.custom[c.team][c.rule].miss)
	],
)

# Custom rules that name this tenant and this module.
custom := [c |
	some c in index.custom
	not _outside(c)
]

# Outside has to be proven: a guard that cannot be placed applies.
_outside(c) if {
	not "*" in c.tenants
	not _tenant in c.tenants
}

_outside(c) if {
	not "*" in c.modules
	not _module in c.modules
}

# An argument that is undefined would fail the whole body, not only what is below the `not`.
_tenant := input.tenant.key if is_string(input.tenant.key)

_module := input.module.key if {
	is_string(input.module.key)
} else := ""

_name(c) := concat("/", [c.team, c.rule])

# [rule, holds] of each guard. One that cannot be proven holds no less than a failed one: it denies.
guards := array.concat(
	[[name, _passes(name)] | some name in index.guards],
	[[_name(c), _custom_passes(c)] | some c in custom; c.guard == true],
)

default _passes(_) := false

_passes(name) if data.vouchsafe.rules[name].pass == true

default _custom_passes(_) := false

_custom_passes(c) if data.custom[c.team][c.rule].pass == true

# [rule, reason] of the guards that do not hold: those of the others are not even looked for.
against := array.concat(
	[[name, m] |
		some name in index.guards
		[name, false] in guards
		some m in _reasons(name, _why(name))
	],
	[[_name(c), m] |
		some c in custom
		[_name(c), false] in guards
		some m in _reasons(_name(c), _custom_why(c))
	],
)

default _why(_) := []

_why(name) := sort(data.vouchsafe.rules[name].miss)

default _custom_why(_) := []

_custom_why(c) := sort(data.custom[c.team][c.rule].miss)

# A guard that gives no reason of its own still gets one.
_reasons(name, why) := [{"code": "GUARD_UNPROVEN", "params": {"guard": name}}] if {
	count(why) == 0
} else := why
