"""Listings items: found, searched by page, and patched; a patch is accepted first and takes effect later."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.datastructures import QueryParams

from sandbox.amazon_facts import SENT_BY_SELLER, AmazonListing
from sandbox.platforms.amazon_objects import Row, listing_row
from sandbox.platforms.amazon_queries import LISTING_DATA, Refused, moment, whole, words

if TYPE_CHECKING:
    from sandbox.world import World

MOST_ON_A_PAGE = 20
# However many pages are asked for, no search leads further.
MOST_FOUND = 1000
QUANTITY = "/attributes/fulfillment_availability"
_OPERATIONS = ("add", "replace", "merge", "delete")
_SORTS = {
    "sku": lambda listing: listing.sku,
    "createdDate": lambda listing: (listing.created_at, listing.sku),
    "lastUpdatedDate": lambda listing: (listing.updated_at, listing.sku),
}


def processed(world: World) -> None:
    """Let those submissions take effect whose time has come."""
    state = world.state("amazon")
    due = [item for item in state["submissions"] if item[0] <= world.clock.now()]
    state["submissions"] = [item for item in state["submissions"] if item[0] > world.clock.now()]
    for at, sku, quantity in due:
        listing = world.amazon.listings[sku]
        world.stock_log.written("amazon", sku, None, quantity, listing.quantity)
        world.amazon.listings[sku] = replace(listing, quantity=quantity, updated_at=at)


def find(world: World, sku: str, query: QueryParams) -> AmazonListing:
    """A listing in one of the stores asked about; 404 where there is none."""
    processed(world)
    stores = words(query, "marketplaceIds")
    if not stores:
        raise Refused("Missing required parameter 'marketplaceIds'.")
    listing = world.amazon.listings.get(sku)
    if listing is None or not set(stores) & set(listing.marketplace_ids):
        raise Refused(f"SKU '{sku}' not found in marketplace {', '.join(stores)}", "NOT_FOUND", 404)
    return listing


def search(world: World, query: QueryParams) -> dict[str, Any]:
    """One page of the seller's listings; a search ends after a thousand, whatever their number."""
    processed(world)
    stores = words(query, "marketplaceIds")
    if not stores:
        raise Refused("Missing required parameter 'marketplaceIds'.")
    created_after, updated_after = moment(query, "createdAfter"), moment(query, "lastUpdatedAfter")
    found = [
        listing
        for listing in world.amazon.listings.values()
        if set(stores) & set(listing.marketplace_ids)
        and (created_after is None or listing.created_at >= created_after)
        and (updated_after is None or listing.updated_at >= updated_after)
    ]
    (sort,) = words(query, "sortBy", tuple(_SORTS), "lastUpdatedDate")
    (order,) = words(query, "sortOrder", ("ASC", "DESC"), "DESC")
    found.sort(key=_SORTS[sort], reverse=order == "DESC")
    size = whole(query, "pageSize", 10, MOST_ON_A_PAGE)
    token = query.get("pageToken", "0")
    start = int(token) if token.isdigit() else 0
    reachable = found[:MOST_FOUND]
    included = words(query, "includedData", LISTING_DATA, "summaries")
    items = [listing_row(listing, included, stores) for listing in reachable[start : start + size]]
    answer: dict[str, Any] = {"numberOfResults": len(found), "items": items}
    if start + size < len(reachable):
        answer["pagination"] = {"nextToken": str(start + size)}
    return answer


def patch(world: World, sku: str, query: QueryParams, asked: Any) -> Row:
    """Take a patch of the quantity, or say what is wrong with it; only `fulfillment_availability` is offered."""
    processed(world)
    if not words(query, "marketplaceIds"):
        raise Refused("Missing required parameter 'marketplaceIds'.")
    operations = asked.get("patches") if isinstance(asked, dict) else None
    if not operations or not isinstance(asked.get("productType"), str):
        raise Refused("'productType' and 'patches' are required.")
    issues = [issue for operation in operations for issue in _issues(world, sku, asked["productType"], operation)]
    submission = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{sku}:{world.state('amazon')['requests']}"))
    answer: Row = {"sku": sku, "status": "INVALID" if issues else "ACCEPTED", "submissionId": submission}
    if words(query, "mode", ("VALIDATION_PREVIEW",)):
        return {**answer, "status": "INVALID" if issues else "VALID", "issues": issues}
    if not issues:
        for operation in operations:
            _submit(world, sku, operation["value"][0]["quantity"])
    return {**answer, "issues": issues}


def _submit(world: World, sku: str, quantity: int) -> None:
    state = world.state("amazon")
    at = world.clock.advance(1) + timedelta(seconds=state["processing_seconds"])
    state["submissions"].append((at, sku, quantity))
    world.effects.record("amazon", "listing_quantity_set", sku)
    processed(world)


def _issues(world: World, sku: str, product_type: str, operation: Any) -> Sequence[Row]:
    path, op = operation.get("path", ""), operation.get("op")
    if op not in _OPERATIONS or not str(path).startswith("/attributes/"):
        raise Refused("A patch has an 'op' and the 'path' of an attribute.")
    listing = world.amazon.listings.get(sku)
    if listing is None:
        return [_issue("13013", f"SKU {sku} is not in the catalogue of this seller.", ["sku"])]
    if path != QUANTITY or op not in {"replace", "merge"}:
        return [_issue("4000002", f"{op} of {path} is not offered here; nested attributes never are.", [])]
    if product_type != listing.product_type:
        return [_issue("4000003", f"The listing is a {listing.product_type}.", ["product_type"])]
    values = operation.get("value")
    if not isinstance(values, list) or len(values) != 1 or values[0].get("fulfillment_channel_code") is None:
        return [
            _issue("90220", "'fulfillment_channel_code' is required but not supplied.", ["fulfillment_availability"])
        ]
    if values[0]["fulfillment_channel_code"] != SENT_BY_SELLER or listing.sent_by != SENT_BY_SELLER:
        return [_issue("4000004", "The marketplace counts what it sends itself.", ["fulfillment_availability"])]
    quantity = values[0].get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 0:
        return [_issue("4000001", "'quantity' must be a whole number from 0 on.", ["fulfillment_availability"])]
    return []


def _issue(code: str, message: str, attributes: list[str]) -> Row:
    category = "MISSING_ATTRIBUTE" if code == "90220" else "INVALID_ATTRIBUTE"
    issue: Row = {"code": code, "message": message, "severity": "ERROR", "categories": [category]}
    return {**issue, "attributeNames": attributes} if attributes else issue
