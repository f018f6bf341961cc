package vouchsafe.lib

# Written as `else`: WASM would try every body of its own even after one held.
reaches(g) if {
	g.through == "self"
} else if {
	g.through == "organization"
} else if {
	g.through == "seat"
}

# Records of these two effects give; every other one is taken for a denial.
gives(g) if {
	g.effect == "allow"
} else if {
	g.effect == "override"
}

stored(g) if {
	g.source != "claim"
	g.source != "tier"
}

# Each record belongs to one rule: the most particular thing about it names the reason.
class(g) := "override" if {
	g.effect == "override"
} else := "claim" if {
	g.source == "claim"
} else := "read_only" if {
	g.access == "read_only"
} else := "grace" if {
	g.past_due_at
} else := "trial" if {
	g.source == "trial"
} else := "tier" if {
	g.tier.key
} else := "seat" if {
	g.through == "seat"
} else := "grant"
