package custom.records.archive_test

import data.custom.records.archive

_question(target, attributes) := {"target": target, "context": {"attributes": attributes}, "facts": {}}

_archivist := {{"code": "records/ARCHIVIST", "params": {}}}

test_passes_what_is_no_writing if {
	archive.pass with input as _question("record:read", {"resource.status": "archived"})
}

test_passes_an_active_record if {
	archive.pass with input as _question("record:write", {"resource.status": "active"})
}

test_knows_the_state_by_the_id if {
	archive.pass with input as _question("record:write", {"resource.id": "record-1"})
	not archive.pass with input as _question("record:write", {"resource.id": "record-2"})
}

test_stops_where_nothing_is_known if {
	not archive.pass with input as _question("record:write", {"resource.id": "record-3"})
	not archive.pass with input as _question("record:write", {"resource.status": 1})
}

test_allows_an_administrator_by_what_is_said if {
	said := _question("record:write", {"resource.status": "archived", "subject.role": "admin"})
	archive.pass with input as said
	archive.allow == _archivist with input as said
}

test_allows_an_administrator_by_a_fact if {
	known := object.union(_question("record:write", {"resource.id": "record-2"}), {"facts": {"role": "admin"}})
	archive.pass with input as known
	archive.allow == _archivist with input as known
}

test_gives_nothing_for_active_records if {
	said := _question("record:write", {"resource.status": "active", "subject.role": "admin"})
	archive.allow == set() with input as said
}

test_says_why if {
	archive.miss == {{"code": "records/ARCHIVED", "params": {}}}
}
