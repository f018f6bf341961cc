# METADATA
# title: Records of evidence
# description: Sorts the input's grants once, so that each rule only picks its own.
package vouchsafe.records

import data.vouchsafe.lib

grace := lib.grace_ms(input.tenant.grace_days)

# Give their key now, to this principal, for this use.
usable := [g |
	some g in input.grants
	lib.gives(g)
	lib.reaches(g)
	lib.live(g, input.now)
	believed(g)
	lib.paid(g, input.now, grace)
	permits(g)
]

# [class, record] of those that give what is asked.
asked := [[lib.class(g), g] | some g in usable; g.gives == input.target]

# Give, or would, or did, what is asked.
offered := [g | some g in input.grants; g.gives == input.target; lib.gives(g)]

permits(g) if {
	g.access == "full"
} else if {
	g.access == "read_only"
	input.context.attributes.access == "read"
}

believed(g) if {
	lib.stored(g)
} else if {
	token_current
	every r in input.grants {
		_no_newer_revocation(r, g.gives)
	}
}

token_current if {
	is_object(input.revocation)
	not input.revocation.tokens_not_before
}

token_current if _issued_since(input.revocation.tokens_not_before)

_no_newer_revocation(r, key) if r.gives != key

_no_newer_revocation(r, _) if r.effect == "deny"

_no_newer_revocation(r, _) if not r.revoked_at

_no_newer_revocation(r, _) if _issued_since(r.revoked_at)

_issued_since(moment) if {
	is_number(moment)
	is_number(input.revocation.token_issued_at)
	input.revocation.token_issued_at >= moment
}

# Denies of a key are all proven to have no effect on this principal now.
undenied(key) if {
	every g in input.grants {
		_harmless(g, key)
	}
}

_harmless(g, key) if {
	lib.gives(g)
} else if {
	g.gives != key
} else if {
	lib.inert(g, input.now)
} else if {
	g.through in {"no_seat", "no_context"}
}

# Keys held besides the one asked.
holdings := {key |
	some g in usable
	key := g.gives
	key in wanted
	undenied(key)
}

# Keys, besides the one asked, that a guard wants held.
wanted contains key if {
	some key in input.entitlement.requires
}

wanted contains key if {
	key := input.module.member_entitlement
	key != input.target
}
