# METADATA
# title: Read-only
# description: What was paid for once can still be read.
# custom:
#   order: 80
#   reasons:
#     READ_ONLY_ACCESS:
#       title: For reading only
#       text: It may be read, not changed.
#     READ_ONLY:
#       title: Only reading is allowed
#       text: What is left of it may be read, not changed.
package vouchsafe.rules.read_only

import data.vouchsafe.lib
import data.vouchsafe.records

allow := [e |
	some ["read_only", g] in records.asked
	e := {
		"code": "READ_ONLY_ACCESS",
		"params": {"source": g.source, "source_ref": g.source_ref},
		"record": g,
	}
]

miss contains m if {
	some g in records.offered
	lib.reaches(g)
	lib.live(g, input.now)
	not records.permits(g)
	m := {"code": "READ_ONLY", "params": {"source": g.source, "source_ref": g.source_ref}}
}
