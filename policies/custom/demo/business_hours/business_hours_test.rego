package custom.demo.business_hours_test

import data.custom.demo.business_hours

test_passes_on_a_weekday if business_hours.pass with input as {"time": {"hour": 8, "weekday": 5}}

test_stops_at_the_weekend if {
	not business_hours.pass with input as {"time": {"hour": 8, "weekday": 6}}
}

test_stops_in_the_evening if {
	not business_hours.pass with input as {"time": {"hour": 18, "weekday": 5}}
}

test_says_why if {
	business_hours.miss == {{"code": "demo/OUTSIDE_BUSINESS_HOURS", "params": {}}}
}
