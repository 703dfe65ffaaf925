"""WooCommerce REST v3: stock quantities of products and variations, and whether a product is in the catalogue.

Consumer key and secret as Basic over HTTPS. No rate limit in core; hosts differ, so the pace is gentle. There is no
idempotency key: a quantity is absolute, and a doubt is settled by reading it back. Variations are addressed under their
product, so a batch holds either simple products or the variations of one product. Batches answer per item; an error
stands where its item would. A product that we hide carries our mark in its `meta_data`, set with the visibility in one
write; what is hidden without it was hidden by somebody else. No money is written.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, items, of_record, raise_for_error, unreadable
from reverse_etl.destination import Answer, Batch, Destination, Outcome, Pace, ReadBack, References, Request, Write
from reverse_etl.errors import ConfigurationError, InDoubt, Kind, RejectedRecord, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.plan import Delivery
from reverse_etl.reading import settled_by, whole

_BASE = "/wp-json/wc/v3/products"
MARK = "_cartwheel_hidden_by"
# What we bring a product into: its visibility in the catalogue, and our mark.
CATALOGUE = {"shown": ("visible", "nobody"), "hidden_by_us": ("hidden", "cartwheel")}
_ABSENT = {"woocommerce_rest_product_invalid_id", "woocommerce_rest_product_variation_invalid_id"}

MEANINGS = Meanings(
    codes={
        "woocommerce_rest_authentication_error": (StopSync, Kind.AUTH),
        "woocommerce_rest_cannot_view": (StopSync, Kind.AUTH),
        "woocommerce_rest_cannot_edit": (StopSync, Kind.AUTH),
        "woocommerce_rest_cannot_batch": (StopSync, Kind.AUTH),
        "rest_cannot_edit": (StopSync, Kind.AUTH),
        **dict.fromkeys(_ABSENT, (RejectedRecord, Kind.GONE)),
        "rest_invalid_param": (RejectedRecord, Kind.VALIDATION),
        "rest_missing_callback_param": (RejectedRecord, Kind.VALIDATION),
        "rest_invalid_json": (RejectedRecord, Kind.VALIDATION),
        # More items than this site takes in one batch: halves will fit.
        "woocommerce_rest_request_entity_too_large": (RejectedRecord, Kind.VALIDATION),
        # WooCommerce is switched off, too old, or the site has no pretty permalinks.
        "rest_no_route": (ConfigurationError, Kind.GONE),
        "internal_server_error": (InDoubt, Kind.TRANSIENT),
    }
)


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    product = _product_of_variation(batch[0])
    path = f"{_BASE}/{product}/variations/batch" if product else f"{_BASE}/batch"
    updates = [
        {"id": int(_target(delivery)), "manage_stock": True, "stock_quantity": delivery.payload["quantity"]}
        for delivery in batch
    ]
    return Request("POST", path, json={"update": updates})


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    said = {str(at(item, "id")): item for item in items(answer.body, "update")}
    outcomes = {}
    for delivery in batch:
        item = said.get(_target(delivery))
        if item is not None:
            outcomes[delivery.record_key] = _outcome(answer, item)
    return complete(batch, outcomes)


def _outcome(answer: Answer, item: Any) -> Outcome:
    error = at(item, "error")
    if error is None:
        return accepted(at(item, "id"))
    # The item's own status stands in its error; the answer around it is a success.
    status = at(error, "data", "status")
    own = Answer(status if isinstance(status, int) else 400, None, request_id=answer.request_id)
    return of_record(MEANINGS.error(own, at(error, "code"), at(error, "message")))


def _raise_for_error(answer: Answer) -> None:
    if not 200 <= answer.status < 300:
        raise_for_error(answer, MEANINGS, at(answer.body, "code"), at(answer.body, "message"))


def _read(delivery: Delivery, references: References) -> Request:
    product = _product_of_variation(delivery)
    path = f"{_BASE}/{product}/variations" if product else _BASE
    return Request("GET", f"{path}/{_target(delivery)}")


def _held(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    if answer.status == 404 and str(at(answer.body, "code")) in _ABSENT:
        return None
    _raise_for_error(answer)
    if not isinstance(answer.body, Mapping) or "stock_quantity" not in answer.body:
        raise unreadable()
    # A product that does not manage its stock has none; a variation may say "parent".
    is_managed = at(answer.body, "manage_stock") is True
    return {"quantity": whole(at(answer.body, "stock_quantity")) if is_managed else None}


def _encode_visibility(batch: Batch, request_key: str, references: References) -> Request:
    updates = [
        {
            "id": int(_target(delivery)),
            "catalog_visibility": CATALOGUE[delivery.payload["visibility"]][0],
            "meta_data": [{"key": MARK, "value": CATALOGUE[delivery.payload["visibility"]][1]}],
        }
        for delivery in batch
    ]
    return Request("POST", f"{_BASE}/batch", json={"update": updates})


def _held_visibility(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    if answer.status == 404 and str(at(answer.body, "code")) in _ABSENT:
        return None
    _raise_for_error(answer)
    product, fields = answer.body, at(answer.body, "meta_data")
    shown = at(product, "catalog_visibility")
    if not isinstance(shown, str) or not isinstance(fields, list):
        raise unreadable()
    marks = [at(field, "value") for field in fields if at(field, "key") == MARK]
    is_marked, is_published = marks[-1:] == ["cartwheel"], at(product, "status") == "publish"
    if is_published and shown == "visible":
        return {"visibility": "shown_by_others" if is_marked else "shown"}
    # A draft, or a product that only searches find, is somebody else's doing, whatever mark is left on it.
    is_ours = is_marked and is_published and shown == "hidden"
    return {"visibility": "hidden_by_us" if is_ours else "hidden_by_others"}


def _target(delivery: Delivery) -> str:
    return str(delivery.payload.get("platform_variant_id") or delivery.payload["platform_product_id"])


def _product_of_variation(delivery: Delivery) -> str:
    return str(delivery.payload["platform_product_id"]) if delivery.payload.get("platform_variant_id") else ""


def _headers(credentials: Mapping[str, str]) -> dict[str, str]:
    pair = f"{credentials['consumer_key']}:{credentials['consumer_secret']}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


_READ_BACK = ReadBack(_read, _held)
_VISIBILITY_READ_BACK = ReadBack(_read, _held_visibility)

DESTINATION = Destination(
    name="woocommerce",
    credential_names=("consumer_key", "consumer_secret"),
    headers=_headers,
    writes={
        "stock_level": Write(
            encode=_encode,
            decode=_decode,
            look_up=settled_by(_READ_BACK),
            read_back=_READ_BACK,
            owns=frozenset({"update.id", "update.manage_stock", "update.stock_quantity"}),
            group=_product_of_variation,
            marks_by_hand=lambda delivery: {"stock_quantity": str(delivery.payload["quantity"])},
        ),
        "product_visibility": Write(
            encode=_encode_visibility,
            decode=_decode,
            look_up=settled_by(_VISIBILITY_READ_BACK),
            read_back=_VISIBILITY_READ_BACK,
            owns=frozenset(
                {"update.id", "update.catalog_visibility", "update.meta_data.key", "update.meta_data.value"}
            ),
            marks_by_hand=lambda delivery: {"catalog_visibility": CATALOGUE[delivery.payload["visibility"]][0]},
        ),
    },
    pace=Pace(requests=10, seconds=1.0, in_flight=4),
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
)
