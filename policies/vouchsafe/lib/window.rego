# METADATA
# title: Windows of time
# description: When a record counts. Windows are [starts_at, ends_at); what a record says must be proven, so an odd value never counts.
package vouchsafe.lib

_day_ms := 86400000

_longest_grace_days := 60

# A null end sorts below every number, so an end has to be a number to be an end, and absent to be none.
live(g, now) if {
	not g.revoked_at
	g.starts_at <= now
	not g.ends_at
} else if {
	not g.revoked_at
	g.starts_at <= now
	g.ends_at > now
}

pending(g, now) if {
	not g.revoked_at
	g.starts_at > now
}

ended(g, now) if {
	not g.revoked_at
	is_number(g.ends_at)
	g.ends_at <= now
}

# Proven to have no effect now: what is left counts, which is the safe side for a deny record.
inert(g, _) if is_number(g.revoked_at)

inert(g, now) if {
	is_number(g.starts_at)
	g.starts_at > now
}

inert(g, now) if {
	is_number(g.ends_at)
	g.ends_at <= now
}

overdue(g, now, grace) if {
	is_number(g.past_due_at)
	now >= g.past_due_at + grace
}

grace_ms(days) := max([0, min([days, _longest_grace_days])]) * _day_ms if is_number(days)

paid(g, now, grace) if {
	not g.past_due_at
} else if {
	is_number(g.past_due_at)
	now < g.past_due_at + grace
}

# Undefined for a record that the clock alone never ends.
end(g, grace) := min(moments) if {
	moments := {t | some t in _ends(g, grace)}
	count(moments) > 0
}

_ends(g, grace) := [g.ends_at, g.past_due_at + grace] if {
	g.ends_at
	g.past_due_at
} else := [g.ends_at] if {
	g.ends_at
} else := [g.past_due_at + grace] if {
	g.past_due_at
}
