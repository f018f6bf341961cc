# METADATA
# title: Grant
# description: A live record gives it, to the principal or through an organization.
# custom:
#   order: 20
#   reasons:
#     GRANTED:
#       title: Granted
#       text: A grant from {source} gives it.
#     ORGANIZATION_REQUIRED:
#       title: Name the organization
#       text: It is given within the organization {organization}.
#   fixes:
#     name_organization:
#       title: Choose the organization
#       text: Ask again in {organization}.
package vouchsafe.rules.grant

import data.vouchsafe.lib
import data.vouchsafe.records

allow := [e |
	some ["grant", g] in records.asked
	e := {
		"code": "GRANTED",
		"params": {"source": g.source, "source_ref": g.source_ref},
		"record": g,
	}
]

miss contains m if {
	some g in records.offered
	g.through == "no_context"
	lib.live(g, input.now)
	where := {"organization": g.organization}
	m := {
		"code": "ORGANIZATION_REQUIRED",
		"params": where,
		"fix": {"action": "name_organization", "params": where},
	}
}
