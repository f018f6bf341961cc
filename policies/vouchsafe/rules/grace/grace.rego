# METADATA
# title: Grace
# description: Payment is overdue, yet within the days of grace.
# custom:
#   order: 70
#   reasons:
#     GRACE:
#       title: In the days of grace
#       text: Payment is overdue since {past_due_at}; access goes on for a while.
#     PAYMENT_OVERDUE:
#       title: Payment overdue
#       text: Payment is overdue since {past_due_at}.
#   fixes:
#     pay_invoice:
#       title: Pay the invoice
#       text: Paying the open invoice of {source_ref} restores it.
package vouchsafe.rules.grace

import data.vouchsafe.lib
import data.vouchsafe.records

allow := [e |
	some ["grace", g] in records.asked
	e := {
		"code": "GRACE",
		"params": {"past_due_at": g.past_due_at},
		"record": g,
	}
]

miss contains m if {
	some g in records.offered
	lib.reaches(g)
	lib.live(g, input.now)
	lib.overdue(g, input.now, records.grace)
	m := {
		"code": "PAYMENT_OVERDUE",
		"params": {"past_due_at": g.past_due_at},
		"fix": {"action": "pay_invoice", "params": {"source_ref": g.source_ref}},
	}
}
