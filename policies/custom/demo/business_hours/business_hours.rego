# METADATA
# title: Business hours
# description: An example of a team's own guard - access only on weekdays from 8 to 18 in the module's zone.
# custom:
#   tenants: [nobody]
#   modules: ["*"]
#   reasons:
#     demo/OUTSIDE_BUSINESS_HOURS:
#       title: Closed
#       text: Access is given on weekdays from 8 to 18.
package custom.demo.business_hours

pass if {
	input.time.weekday in {1, 2, 3, 4, 5}
	input.time.hour >= 8
	input.time.hour < 18
}

miss contains {"code": "demo/OUTSIDE_BUSINESS_HOURS", "params": {}}
