# METADATA
# title: Open product
# description: A product, or this surface of it, that needs no entitlement is open to every member.
# custom:
#   order: 90
#   reasons:
#     OPEN_PRODUCT:
#       title: Open to all members
#       text: "{product} is open to all members."
package vouchsafe.rules.open_product

allow contains {"code": "OPEN_PRODUCT", "params": {"product": input.product.key}} if _open

# The surface's exception, where it has one, goes before what the product requires: the host has put both together.
_open if input.product.open == true
