# METADATA
# title: Claim
# description: The token's list of entitlements names it, and nothing newer says otherwise.
# custom:
#   order: 60
#   reasons:
#     CLAIM:
#       title: By the token
#       text: The token lists it.
#     CLAIM_REVOKED:
#       title: No longer valid
#       text: The token lists it, but it was withdrawn after the token was issued.
#   fixes:
#     sign_in_again:
#       title: Sign in again
#       text: A new token is needed.
package vouchsafe.rules.claim

import data.vouchsafe.lib
import data.vouchsafe.records

allow := [e |
	some ["claim", g] in records.asked
	e := {
		"code": "CLAIM",
		"params": {"entitlement": g.gives},
		"record": g,
	}
]

miss contains m if {
	some g in records.offered
	lib.reaches(g)
	lib.live(g, input.now)
	not records.believed(g)
	m := object.union({"code": "CLAIM_REVOKED", "params": {"entitlement": g.gives}}, _fix)
}

# A newer token helps only against a cut-off of tokens, not against the end of the right.
_fix := {} if {
	records.token_current
} else := {"fix": {"action": "sign_in_again", "params": {}}}
