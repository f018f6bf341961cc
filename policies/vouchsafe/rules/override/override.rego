# METADATA
# title: Override
# description: An override allows, and its value replaces all others.
# custom:
#   order: 10
#   reasons:
#     OVERRIDE:
#       title: Set for you
#       text: An administrator set this right.
package vouchsafe.rules.override

import data.vouchsafe.records

allow := [e |
	some ["override", g] in records.asked
	e := {
		"code": "OVERRIDE",
		"params": {"source": g.source, "source_ref": g.source_ref},
		"record": g,
	}
]
