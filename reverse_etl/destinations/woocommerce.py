"""WooCommerce REST v3: stock quantities of products and variations.

Consumer key and secret as Basic over HTTPS. No rate limit in core; hosts differ, so the pace is gentle. There is no
idempotency key, and none is needed: a quantity is absolute. Variations are addressed under their product, so a batch
holds either simple products or the variations of one product. Batches answer per item. No money is written.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, items, raise_for_error, rejected
from reverse_etl.destination import Answer, Batch, Destination, Outcome, Pace, References, Request, Write
from reverse_etl.errors import Kind
from reverse_etl.plan import Delivery

_BASE = "/wp-json/wc/v3/products"


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    product = _product_of_variation(batch[0])
    path = f"{_BASE}/{product}/variations/batch" if product else f"{_BASE}/batch"
    updates = [
        {"id": int(_target(delivery)), "manage_stock": True, "stock_quantity": delivery.payload["quantity"]}
        for delivery in batch
    ]
    return Request("POST", path, json={"update": updates})


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    raise_for_error(answer, {}, at(answer.body, "message"))
    said = {str(at(item, "id")): item for item in items(answer.body, "update")}
    outcomes = {}
    for delivery in batch:
        item = said.get(_target(delivery))
        if item is not None:
            outcomes[delivery.record_key] = _outcome(delivery, item)
    return complete(batch, outcomes)


def _outcome(delivery: Delivery, item: Any) -> Outcome:
    error = at(item, "error")
    if error is not None:
        missing = at(error, "data", "status") == 404 or "invalid_id" in str(at(error, "code"))
        return rejected(at(error, "message"), Kind.GONE if missing else Kind.VALIDATION, at(error, "code"))
    return accepted(at(item, "id"))


def _target(delivery: Delivery) -> str:
    return str(delivery.payload.get("platform_variant_id") or delivery.payload["platform_product_id"])


def _product_of_variation(delivery: Delivery) -> str:
    return str(delivery.payload["platform_product_id"]) if delivery.payload.get("platform_variant_id") else ""


def _headers(credentials: Mapping[str, str]) -> dict[str, str]:
    pair = f"{credentials['consumer_key']}:{credentials['consumer_secret']}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


DESTINATION = Destination(
    name="woocommerce",
    credential_names=("consumer_key", "consumer_secret"),
    headers=_headers,
    writes={"stock_level": Write(encode=_encode, decode=_decode, group=_product_of_variation)},
    pace=Pace(requests=10, seconds=1.0, in_flight=4),
)
