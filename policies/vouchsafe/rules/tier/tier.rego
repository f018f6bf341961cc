# METADATA
# title: Tier
# description: A tier includes it, by a grant or by the token's claim.
# custom:
#   order: 30
#   reasons:
#     TIER:
#       title: Included in the tier
#       text: The tier {tier} includes it.
package vouchsafe.rules.tier

import data.vouchsafe.records

allow := [e |
	some ["tier", g] in records.asked
	e := {
		"code": "TIER",
		"params": {"source": g.source, "tier": g.tier.key},
		"record": g,
	}
]
