# METADATA
# title: Seat
# description: An organization's seat that the principal holds gives it.
# custom:
#   order: 40
#   reasons:
#     SEAT:
#       title: By a seat
#       text: A seat gives it.
#     SEAT_REQUIRED:
#       title: A seat is needed
#       text: The organization {organization} has it for holders of a seat.
#     SEAT_SUSPENDED:
#       title: The seat is suspended
#       text: The organization {organization} has fewer seats of {pool} than people who hold one.
#   fixes:
#     buy_seats:
#       title: Buy seats
#       text: An administrator of {organization} can buy more seats of {pool}.
#     assign_seat:
#       title: Assign a seat
#       text: An administrator of {organization} can assign a seat of {pool}.
package vouchsafe.rules.seat

import data.vouchsafe.lib
import data.vouchsafe.records

allow := [e |
	some ["seat", g] in records.asked
	e := {
		"code": "SEAT",
		"params": {"source": g.source, "source_ref": g.source_ref},
		"record": g,
	}
]

miss contains m if {
	some g in records.offered
	g.through == "no_seat"
	lib.live(g, input.now)
	place := {"organization": g.organization, "pool": g.pool}
	m := {
		"code": "SEAT_REQUIRED",
		"params": place,
		"fix": {"action": "assign_seat", "params": place},
	}
}

miss contains m if {
	some g in records.offered
	g.through == "suspended_seat"
	lib.live(g, input.now)
	place := {"organization": g.organization, "pool": g.pool}
	m := {
		"code": "SEAT_SUSPENDED",
		"params": place,
		"fix": {"action": "buy_seats", "params": place},
	}
}
