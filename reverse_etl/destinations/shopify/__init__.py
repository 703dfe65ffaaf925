"""Shopify Admin GraphQL: stock by location, whether a product is shown, fulfilments with tracking.

Version 2026-10, supported for a year. Access token in a header. The limit is one of cost: every answer tells what the
bucket holds and how fast it fills, which paces us on any plan, and a THROTTLED answer comes with HTTP 200. Stock is set
with the quantity it replaces (`changeFromQuantity`) and under `@idempotent`, which is mandatory for inventory mutations
since 2026-04. The mutation applies all its quantities or none, so an error at one of them leaves the others unapplied.
`fulfillmentCreate` takes no key: what is left to fulfil is looked up first. No money is written.
"""

from __future__ import annotations

from reverse_etl.destination import Destination
from reverse_etl.destinations.shopify.fulfilments import FULFILMENT_WRITE
from reverse_etl.destinations.shopify.graphql import MEANINGS, PACE, until_bucket_holds
from reverse_etl.destinations.shopify.product_visibility import PRODUCT_VISIBILITY
from reverse_etl.destinations.shopify.stock_levels import STOCK_LEVELS

DESTINATION = Destination(
    name="shopify",
    credential_names=("access_token",),
    headers=lambda credentials: {"X-Shopify-Access-Token": credentials["access_token"]},
    writes={
        "stock_level": STOCK_LEVELS,
        "product_visibility": PRODUCT_VISIBILITY,
        "fulfilment": FULFILMENT_WRITE,
    },
    pace=PACE,
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    hold=lambda answer: until_bucket_holds(answer, PACE.in_flight) or 0.0,
    request_id_header="x-request-id",
)
