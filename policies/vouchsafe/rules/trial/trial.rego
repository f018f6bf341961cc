# METADATA
# title: Trial
# description: A trial gives it until it ends.
# custom:
#   order: 50
#   reasons:
#     TRIAL:
#       title: On trial
#       text: A trial gives it.
package vouchsafe.rules.trial

import data.vouchsafe.records

allow := [e |
	some ["trial", g] in records.asked
	e := {
		"code": "TRIAL",
		"params": {"source": g.source, "source_ref": g.source_ref},
		"record": g,
	}
]
