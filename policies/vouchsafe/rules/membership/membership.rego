# METADATA
# title: Membership
# description: Where the module has a membership entitlement, only those who hold it pass. Asked for itself, the other rules decide.
# custom:
#   order: 10
#   reasons:
#     NOT_MEMBER:
#       title: Members only
#       text: Only those who hold {entitlement} have access here.
package vouchsafe.rules.membership

import data.vouchsafe.records
import data.vouchsafe.rules.admin_bypass

pass if {
	not input.module.member_entitlement
} else if {
	input.module.member_entitlement == input.target
} else if {
	input.module.member_entitlement in records.holdings
} else if {
	admin_bypass.admin
}

miss contains {
	"code": "NOT_MEMBER",
	"params": {"entitlement": input.module.member_entitlement},
}
