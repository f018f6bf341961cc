# METADATA
# title: Archived records
# description: The certification scenario of AuthZEN - nobody writes an archived record, but administrators do.
# custom:
#   tenants: [authzen]
#   modules: ["*"]
#   reasons:
#     records/ARCHIVED:
#       title: Archived
#       text: The record is archived, or nothing is known of its state.
#     records/ARCHIVIST:
#       title: Administrator
#       text: Administrators write what is archived.
package custom.records.archive

pass if input.target != "record:write"

pass if _status != "archived"

pass if _admin

allow contains {"code": "records/ARCHIVIST", "params": {}} if {
	input.target == "record:write"
	_status == "archived"
	_admin
}

miss contains {"code": "records/ARCHIVED", "params": {}}

# What the question says of the record goes before what is known of it.
_status := input.context.attributes["resource.status"] if {
	is_string(input.context.attributes["resource.status"])
} else := _known[input.context.attributes["resource.id"]]

_known := {"record-1": "active", "record-2": "archived"}

_admin if input.context.attributes["subject.role"] == "admin"

_admin if input.facts.role == "admin"
