"""Amazon Selling Partner API: the quantity of a listing the seller sends.

Listings Items 2021-08-01. A refresh token brings access tokens of an hour (Login with Amazon), sent as
`x-amz-access-token`; a stale one is a 403. Five patches a second with no room beyond, and its own bucket for reading;
`x-amzn-RateLimit-Limit` names the rate and nothing says what is left of it, so the pace is kept on our side and a 429 is
waited out. A listing is addressed by seller and SKU, one to a request, and its quantity is one for all the stores that
show it. Guard: none is offered and none is needed, a patch states the quantity and does not move it. `ACCEPTED` means
understood: it shows minutes later, and what is found wrong then comes by notification, so the next reading is what
confirms it. A doubt that is looked up too early sees the old number and sends the same one again. No money is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from reverse_etl.answers import accepted, at, complete, doubtful, items, of_record, raise_for_error, unreadable
from reverse_etl.destination import (
    Answer,
    Batch,
    Destination,
    Grant,
    Outcome,
    Pace,
    ReadBack,
    References,
    Request,
    Write,
)
from reverse_etl.errors import InDoubt, Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.plan import Delivery
from reverse_etl.reading import settled_by, whole

_LISTINGS = "/listings/2021-08-01/items/{seller_id}"
_QUANTITY = "/attributes/fulfillment_availability"
# What the seller sends; other codes are stocks of the marketplace's, which it counts itself.
_BY_SELLER = "DEFAULT"
_ABSENT = {"NOT_FOUND", "NotFound"}

MEANINGS = Meanings(
    codes={
        "Unauthorized": (StopSync, Kind.AUTH),
        "AccessDenied": (StopSync, Kind.AUTH),
        "QuotaExceeded": (RetryLater, Kind.THROTTLED),
        "InvalidInput": (RejectedRecord, Kind.VALIDATION),
        **dict.fromkeys(_ABSENT, (RejectedRecord, Kind.GONE)),
        "ServiceUnavailable": (RetryLater, Kind.TRANSIENT),
        "InternalFailure": (InDoubt, Kind.TRANSIENT),
        # What is wrong with a listing: a required attribute is missing; the SKU is not in the seller's catalogue.
        "90220": (RejectedRecord, Kind.VALIDATION),
        "13013": (RejectedRecord, Kind.GONE),
    },
    # Five a second: no 429 asks for a wait, and a whole second fills the bucket.
    waits={"QuotaExceeded": 1.0},
)
PACE = Pace(requests=5, seconds=1.0, in_flight=3)


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    value = {"fulfillment_channel_code": _BY_SELLER, "quantity": delivery.payload["quantity"]}
    written = {
        "productType": delivery.payload["platform_product_type"],
        "patches": [{"op": "replace", "path": _QUANTITY, "value": [value]}],
    }
    return Request("PATCH", _path(delivery), {**_stores(delivery), "includedData": "issues"}, written)


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    (delivery,) = batch
    return complete(batch, {delivery.record_key: _outcome(answer)})


def _outcome(answer: Answer) -> Outcome:
    status = at(answer.body, "status")
    if status == "ACCEPTED":
        return accepted(at(answer.body, "submissionId"))
    if status != "INVALID":
        return doubtful("the answer does not say whether it was accepted", "unreadable")
    errors = [issue for issue in items(answer.body, "issues") if at(issue, "severity") == "ERROR"]
    issue = errors[0] if errors else None
    # The request was understood; the issue is about the listing.
    own = Answer(400, None, request_id=answer.request_id)
    return of_record(MEANINGS.error(own, at(issue, "code"), at(issue, "message") or "the submission is invalid"))


def _raise_for_error(answer: Answer) -> None:
    if not 200 <= answer.status < 300:
        raise_for_error(answer, MEANINGS, at(answer.body, "errors", 0, "code"), at(answer.body, "errors", 0, "message"))


def _read(delivery: Delivery, references: References) -> Request:
    return Request("GET", _path(delivery), {**_stores(delivery), "includedData": "fulfillmentAvailability"})


def _held(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    if answer.status == 404 and str(at(answer.body, "errors", 0, "code")) in _ABSENT:
        return None
    _raise_for_error(answer)
    if not isinstance(answer.body, Mapping) or "fulfillmentAvailability" not in answer.body:
        raise unreadable()
    for offer in items(answer.body, "fulfillmentAvailability"):
        if at(offer, "fulfillmentChannelCode") == _BY_SELLER:
            return {"quantity": whole(at(offer, "quantity"))}
    # Sent by the marketplace by now: there is no number of ours.
    return {"quantity": None}


def _path(delivery: Delivery) -> str:
    return f"{_LISTINGS}/{quote(str(delivery.payload['sku']), safe='')}"


def _stores(delivery: Delivery) -> dict[str, str]:
    return {"marketplaceIds": str(delivery.payload["pool_group"])}


def _token_url(base_url: str) -> str:
    """Amazon's own token service has a host of its own; a proxy or the sandbox serves both."""
    host = urlsplit(base_url).hostname or ""
    return f"{'https://api.amazon.com' if host.endswith('.amazon.com') else base_url}/auth/o2/token"


def _hold(answer: Answer) -> float:
    """An account that is allowed less than the usual five a second says so in each answer; then all wait for it."""
    told = answer.headers.get("x-amzn-ratelimit-limit", "")
    rate = float(told) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", told, re.ASCII) else PACE.requests
    return PACE.in_flight / rate if 0 < rate < PACE.requests else 0.0


_READ_BACK = ReadBack(_read, _held)

DESTINATION = Destination(
    name="amazon",
    credential_names=("client_id", "client_secret", "refresh_token", "seller_id"),
    headers=lambda credentials: {"Accept": "application/json"},
    writes={
        "stock_level": Write(
            encode=_encode,
            decode=_decode,
            look_up=settled_by(_READ_BACK),
            read_back=_READ_BACK,
            owns=frozenset(
                {
                    "productType",
                    "patches.op",
                    "patches.path",
                    "patches.value.fulfillment_channel_code",
                    "patches.value.quantity",
                }
            ),
            marks_by_hand=lambda delivery: {"quantity": str(delivery.payload["quantity"])},
        )
    },
    pace=PACE,
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    hold=_hold,
    request_id_header="x-amzn-requestid",
    sandbox_hosts=tuple(f"sandbox.sellingpartnerapi-{region}.amazon.com" for region in ("na", "eu", "fe")),
    grant=Grant(
        _token_url,
        form=lambda names: {
            "grant_type": "refresh_token",
            "refresh_token": names["refresh_token"],
            "client_id": names["client_id"],
            "client_secret": names["client_secret"],
        },
        is_signed=False,
        carried_by=lambda token: {"x-amz-access-token": token},
        refused_as=frozenset({401, 403}),
    ),
)
