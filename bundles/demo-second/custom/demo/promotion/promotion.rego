# METADATA
# title: Promotion
# description: What the demo's second bundle has beyond the first - everybody of acme gets early access.
# custom:
#   tenants: [acme]
#   modules: ["*"]
#   reasons:
#     demo/PROMOTION:
#       title: By a promotion
#       text: Everybody has it while the promotion runs.
package custom.demo.promotion

allow contains {"code": "demo/PROMOTION", "params": {}} if input.target == "early_access"
