# METADATA
# title: Expiry
# description: Says of each record that is over, withdrawn or yet to come why it does not count. It never denies beside a live one.
# custom:
#   order: 85
#   reasons:
#     EXPIRED:
#       title: Expired
#       text: It ended at {ended_at}.
#     NOT_YET_ACTIVE:
#       title: Not active yet
#       text: It starts at {starts_at}.
#     REVOKED:
#       title: Withdrawn
#       text: It was withdrawn at {revoked_at}.
package vouchsafe.rules.expiry

import data.vouchsafe.lib
import data.vouchsafe.records

miss contains {"code": "EXPIRED", "params": {"ended_at": g.ends_at}} if {
	some g in records.offered
	lib.reaches(g)
	lib.ended(g, input.now)
}

miss contains {"code": "NOT_YET_ACTIVE", "params": {"starts_at": g.starts_at}} if {
	some g in records.offered
	lib.reaches(g)
	lib.pending(g, input.now)
}

miss contains {"code": "REVOKED", "params": {"revoked_at": g.revoked_at}} if {
	some g in records.offered
	lib.reaches(g)
	g.revoked_at
}
