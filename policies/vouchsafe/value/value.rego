# METADATA
# title: Value
# description: Merges what the evidence states. An override that states a value replaces all others.
package vouchsafe.value

import data.vouchsafe.evidence
import data.vouchsafe.lib

merged := lib.merged(stated, _combine)

# A limit is a number, and so is what is used up: what is none must not win over one that is.
_combine := "sum" if {
	input.entitlement.combine == "sum"
} else := "max" if {
	input.entitlement.kind in {"limit", "metered", "credit"}
} else := input.entitlement.combine

stated := _overriding if {
	count(_overriding) > 0
} else := [v | some [_, e] in evidence.allows; v := _of(e)]

# Evidence without a value states no limit, so adding some never lowers access.
unlimited if merged == "unlimited"

unlimited if {
	count(_overriding) == 0
	count(evidence.allows) > count(stated)
}

_overriding := [v |
	some ["override", e] in evidence.allows
	v := _of(e)
]

_of(e) := e.record.value

_of(e) := e.value if not e.record
