# METADATA
# title: Explanation
# description: All that the guards and rules said in this very evaluation, for whoever asks why.
package vouchsafe.explanation

import data.vouchsafe.evidence

items := array.concat(
	[_shown(name, "guard", holds, m) |
		some [name, holds] in evidence.guards
		some m in _judged(name, holds)
	],
	array.concat(
		[_shown(name, "allow", true, e) | some [name, e] in evidence.allows],
		[_shown(name, "miss", false, m) | some [name, m] in evidence.misses],
	),
)

_judged(name, holds) := [{"code": "GUARD_PASSED", "params": {}}] if {
	holds
} else := [m | some [guard, m] in evidence.against; guard == name]

_shown(name, kind, holds, item) := {
	"rule": name,
	"kind": kind,
	"holds": holds,
	"code": item.code,
	"params": item.params,
}
