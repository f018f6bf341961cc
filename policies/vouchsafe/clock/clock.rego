# METADATA
# title: Clock
# description: The earliest moment at which the clock alone may change the answer.
package vouchsafe.clock

import data.vouchsafe.evidence
import data.vouchsafe.lib
import data.vouchsafe.records
import data.vouchsafe.value

# Undefined where the clock changes nothing, or where a custom rule reads it without saying until when.
allowed_until := min(_allowed_moments) if {
	_foreseeable
	count(_allowed_moments) > 0
}

denied_until := min(_denied_moments) if {
	_foreseeable
	count(_denied_moments) > 0
}

_allowed_moments contains t if t := _evidence_end

_allowed_moments contains t if {
	some key in records.wanted
	t := _last_end([e | some g in records.usable; g.gives == key; e := {"record": g}])
}

_allowed_moments contains g.starts_at if {
	some g in input.grants
	_may_count(g)
	not lib.gives(g)
	lib.pending(g, input.now)
}

_allowed_moments contains g.starts_at if {
	some g in records.offered
	lib.reaches(g)
	lib.pending(g, input.now)
	_shows(g)
}

# As the guard against denials sees it: also while the seat is suspended.
_may_count(g) if {
	every elsewhere in {"no_seat", "no_context"} {
		g.through != elsewhere
	}
}

_shows(_) if _varies

_shows(g) if _ = g.value

_allowed_moments contains t if some t in _said

_allowed_moments contains t if some t in _seat_moments

_denied_moments contains g.starts_at if {
	some g in input.grants
	lib.reaches(g)
	lib.gives(g)
	lib.pending(g, input.now)
}

_denied_moments contains g.ends_at if {
	some g in input.grants
	not lib.gives(g)
	lib.live(g, input.now)
}

# What an override held down rises when it ends.
_denied_moments contains t if {
	some ["override", g] in records.asked
	t := lib.end(g, records.grace)
}

_denied_moments contains t if some t in _said

_denied_moments contains t if some t in _seat_moments

# Seats are bought until a day: then a pool may have fewer than it has holders, or more again.
_seat_moments contains g.seat_until if some g in input.grants

_evidence_end := min(_ends(evidence_items)) if {
	_varies
	count(_ends(evidence_items)) > 0
} else := _last_end(evidence_items) if {
	_varies == false
}

evidence_items := [e | some [_, e] in evidence.allows]

# What is answered beside yes or no: a value, or that only reading is allowed.
default _varies := false

_varies if count(value.stated) > 0

_varies if {
	some [_, e] in evidence.allows
	e.record.access == "read_only"
}

_last_end(items) := max(_ends(items)) if {
	count(items) > 0
	count(_ends(items)) == count(items)
}

_ends(items) := [t | some e in items; t := _end(e)]

_end(e) := lib.end(e.record, records.grace)

_end(e) := e.expires_at if not e.record

_said contains t if {
	some c in evidence.custom
	t := data.custom[c.team][c.rule].until
	t > input.now
}

_foreseeable if {
	every c in evidence.custom {
		_says(c)
	}
}

_says(c) if c.clock == false

_says(c) if is_number(data.custom[c.team][c.rule].until)
