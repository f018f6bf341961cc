# METADATA
# title: Experiment
# description: Given to those assigned one of the variants that have it.
# custom:
#   order: 100
#   reasons:
#     EXPERIMENT:
#       title: Part of an experiment
#       text: The experiment {experiment} gives it to the variant {variant}.
package vouchsafe.rules.experiment

allow contains e if {
	wanted := input.entitlement.experiment
	variant := input.experiment[wanted.key]
	variant in wanted.variants
	e := {"code": "EXPERIMENT", "params": {"experiment": wanted.key, "variant": variant}}
}
