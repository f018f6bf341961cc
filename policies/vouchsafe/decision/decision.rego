# METADATA
# title: Decision
# description: Allowed only if every listed guard is proven and some rule has evidence.
# custom:
#   reasons:
#     GUARD_UNPROVEN:
#       title: A condition could not be verified
#       text: The condition "{guard}" could not be shown to hold.
#     NO_GRANT:
#       title: Not included
#       text: Nothing gives {entitlement}.
#   host_reasons:
#     POLICY_UNDEFINED:
#       title: No decision
#       text: The policy gave no decision.
#     POLICY_MALFORMED:
#       title: No valid decision
#       text: The policy's decision had an unexpected shape.
#     POLICY_FAILED:
#       title: The policy failed
#       text: The policy could not be evaluated.
#     POLICY_INPUT_LOST:
#       title: The question was lost
#       text: The policy did not see this question.
#   fixes:
#     buy_plan:
#       title: Buy a plan
#       text: The plan "{plan}" includes it.
package vouchsafe.decision

import data.vouchsafe.clock
import data.vouchsafe.evidence
import data.vouchsafe.explanation
import data.vouchsafe.index
import data.vouchsafe.value

# METADATA
# title: The answer
# description: Undefined, and therefore denied by the host, without an index or a tenant.
# entrypoint: true
verdict := object.union(_answer, _extras) if {
	is_array(index.guards)
	is_array(index.custom)
	is_string(input.tenant.key)
}

_answer := {
	"question_id": input.question_id,
	"allowed": true,
	"reasons": [_reason(e) | some [_, e] in evidence.allows],
	"fix": [],
	"obligations": _obligations,
} if {
	_allowed
} else := {
	"question_id": input.question_id,
	"allowed": false,
	"reasons": [_reason(m) | some m in _against],
	"fix": _distinct(array.concat(_fixes, _offers)),
	"obligations": [],
}

default _allowed := false

_allowed if {
	count(evidence.allows) > 0
	every guard in evidence.guards {
		guard[1] == true
	}
}

_extras["value"] := value.merged if _allowed

_extras["expires_at"] := clock.allowed_until if _allowed

_extras["expires_at"] := clock.denied_until if _allowed == false

# Not to somebody who holds nothing: the status would tell that it exists.
_extras["deny_as"] := _beyond if {
	_allowed == false
	count(evidence.allows) > 0
	{name | some [name, false] in evidence.guards} == {"quota"}
}

# Credits are bought, the rest comes again.
_beyond := 402 if {
	input.entitlement.kind == "credit"
} else := 429

_extras["evidence"] := explanation.items if input.explain

# Full access beside it makes read-only access moot.
_obligations := [{"id": "read_only", "params": {}}] if {
	every allow in evidence.allows {
		allow[1].record.access == "read_only"
	}
} else := []

_against := array.concat([m | some [_, m] in evidence.against], _missed)

# Why other grants did not help is of no interest where one would have.
_missed := [] if {
	count(evidence.allows) > 0
} else := [m | some [_, m] in evidence.misses] if {
	count(evidence.misses) > 0
} else := [{"code": "NO_GRANT", "params": {"entitlement": input.target}}]

_fixes := [m.fix | some m in _against; m.fix]

_offers := [{"action": "buy_plan", "params": {"plan": o.plan}} |
	some m in _missed
	m.code in {"NO_GRANT", "EXPIRED", "REVOKED"}
	some o in input.entitlement.offered_by
]

_distinct(items) := [item |
	some i, item in items
	count([j | some j, other in items; j < i; other == item]) == 0
]

_reason(e) := {"code": e.code, "params": e.params}
