# METADATA
# title: Denial
# description: A live deny record beats everything. It passes only where each one is proven to have no effect now.
# custom:
#   order: 40
#   reasons:
#     DENIED_BY_RULE:
#       title: Withheld
#       text: A denial from {source} withholds it.
package vouchsafe.rules.deny_row

import data.vouchsafe.lib
import data.vouchsafe.records

pass if records.undenied(input.target)

miss contains {
	"code": "DENIED_BY_RULE",
	"params": {"source": g.source, "ref": g.source_ref},
} if {
	some g in input.grants
	g.gives == input.target
	not lib.gives(g)
	_about(g)
	not lib.inert(g, input.now)
}

_about(g) if lib.reaches(g)

# What is withheld from the holder of a suspended seat stays withheld.
_about(g) if g.through == "suspended_seat"
