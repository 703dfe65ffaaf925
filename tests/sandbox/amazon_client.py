"""A client of the Amazon twin with a token of its own."""

from __future__ import annotations

from typing import Any

import httpx

from sandbox.amazon_facts import CANADA, SELLER_ID, UNITED_STATES
from sandbox.server import AMAZON_CREDENTIALS, Sandbox

STORES = f"{UNITED_STATES},{CANADA}"
ORDERS = "/orders/2026-01-01/orders"
LISTINGS = f"/listings/2021-08-01/items/{SELLER_ID}"
EVERYTHING = (
    "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,FULFILLMENT_ORDERS"
)
LISTED = "summaries,issues,fulfillmentAvailability,productTypes"
EVER = "2026-01-01T00:00:00Z"


def token(sandbox: Sandbox, **changed: str) -> httpx.Response:
    names = AMAZON_CREDENTIALS["amazon"]
    asked = {name: names[name] for name in ("client_id", "client_secret", "refresh_token")}
    form = {"grant_type": "refresh_token"} | asked | changed
    return httpx.post(f"{sandbox.url}/amazon/auth/o2/token", data=form)


def opened(sandbox: Sandbox) -> httpx.Client:
    headers = {"x-amz-access-token": token(sandbox).json()["access_token"]}
    return httpx.Client(base_url=f"{sandbox.url}/amazon", headers=headers, timeout=30)


def orders(client: httpx.Client, **more: str) -> httpx.Response:
    return client.get(ORDERS, params={"lastUpdatedAfter": EVER, "includedData": EVERYTHING} | more)


def listing(client: httpx.Client, sku: str) -> dict[str, Any]:
    answer = client.get(f"{LISTINGS}/{sku}", params={"marketplaceIds": STORES, "includedData": LISTED})
    found: dict[str, Any] = answer.json()
    return found


def patch(client: httpx.Client, sku: str, quantity: Any, **more: Any) -> httpx.Response:
    body = {"productType": "KITCHEN", "patches": [quantity_patch(quantity)]} | more.pop("body", {})
    return client.patch(f"{LISTINGS}/{sku}", params={"marketplaceIds": STORES, **more}, json=body)


def quantity_patch(quantity: Any, code: str = "DEFAULT") -> dict[str, Any]:
    value = [{"fulfillment_channel_code": code, "quantity": quantity}]
    return {"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}
