# METADATA
# title: Administrator
# description: An administrator passes without a grant. It never lifts a denial or a custom guard.
# custom:
#   order: 110
#   reasons:
#     ADMIN_OVERRIDE:
#       title: Administrator
#       text: Administrators have access.
package vouchsafe.rules.admin_bypass

allow contains {"code": "ADMIN_OVERRIDE", "params": {}} if admin

admin if "admin" in input.principal.roles
