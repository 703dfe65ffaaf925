"""Products hidden while nothing of them can be sold, and shown again: status and our mark in one mutation, or neither.

The mark is a metafield of ours. What has no mark was hidden by somebody else and is never shown by us; the state before is
looked at first, because this mutation takes neither a key nor the value it replaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, for_all, items, unreadable
from reverse_etl.destination import Answer, Batch, Outcome, ReadBack, References, Request, Write
from reverse_etl.destinations.shopify.graphql import MEANINGS, check, data, owned, request
from reverse_etl.plan import Delivery
from reverse_etl.reading import settled_by

MARK = {"namespace": "cartwheel", "key": "hidden_by", "type": "single_line_text_field"}
# What we bring a product into: its status there, and our mark.
STATES = {"shown": ("ACTIVE", "nobody"), "hidden_by_us": ("DRAFT", "cartwheel")}
SET_STATUS = """
mutation SetStatus($product: ProductUpdateInput!) {
  productUpdate(product: $product) {
    product { id status }
    userErrors { field message }
  }
}
"""
STATUS_OF = """
query StatusOf($product: ID!, $namespace: String!, $key: String!) {
  product(id: $product) { id status metafield(namespace: $namespace, key: $key) { value } }
}
"""


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    status, mark = STATES[delivery.payload["visibility"]]
    product = {"id": delivery.payload["product_gid"], "status": status, "metafields": [{**MARK, "value": mark}]}
    return request(SET_STATUS, {"product": product})


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    check(answer)
    result = at(answer.body, "data", "productUpdate")
    for error in items(result, "userErrors"):
        raise MEANINGS.error(answer, at(error, "code"), at(error, "message"))
    product_id = at(result, "product", "id")
    return complete(batch, for_all(batch, accepted(product_id)) if product_id else {})


def _ask(delivery: Delivery, references: References) -> Request:
    wanted = {"product": delivery.payload["product_gid"], "namespace": MARK["namespace"], "key": MARK["key"]}
    return request(STATUS_OF, wanted)


def _held(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    product = data(answer, "product")["product"]
    if product is None:
        return None
    status = at(product, "status")
    if not isinstance(product, Mapping) or not isinstance(status, str) or "metafield" not in product:
        raise unreadable()
    is_marked = at(product, "metafield", "value") == "cartwheel"
    if status == "ACTIVE":
        return {"visibility": "shown_by_others" if is_marked else "shown"}
    # Archived or unlisted is somebody else's doing, whatever mark is left on it.
    return {"visibility": "hidden_by_us" if is_marked and status == "DRAFT" else "hidden_by_others"}


_READ_BACK = ReadBack(_ask, _held)

PRODUCT_VISIBILITY = Write(
    encode=_encode,
    decode=_decode,
    look_up=settled_by(_READ_BACK),
    read_back=_READ_BACK,
    owns=owned(
        "product.id",
        "product.status",
        "product.metafields.namespace",
        "product.metafields.key",
        "product.metafields.type",
        "product.metafields.value",
    ),
    marks_by_hand=lambda delivery: {"status": STATES[delivery.payload["visibility"]][0]},
)
