# METADATA
# title: Quota
# description: No more than what was given may be asked for at once, of limits, metered rights and credits. What of it is used up is counted elsewhere. Evidence that states no number lifts it.
# custom:
#   order: 30
#   reasons:
#     QUOTA_EXCEEDED:
#       title: Over the limit
#       text: "{requested} were asked for; the limit is {limit}."
package vouchsafe.rules.quota

import data.vouchsafe.value

pass if {
	input.entitlement.kind in {"boolean", "config"}
} else if {
	value.unlimited
} else if {
	count(value.stated) == 0
} else if {
	is_number(value.merged)
	is_number(input.quantity)
	input.quantity <= value.merged
}

miss contains {
	"code": "QUOTA_EXCEEDED",
	"params": {"limit": value.merged, "requested": input.quantity},
} if {
	input.quantity > value.merged
}
