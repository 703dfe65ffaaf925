"""The WooCommerce twin's answers fit the property tables of the vendor's documents, and know no property they don't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from sandbox.server import CREDENTIALS, Sandbox

CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "woocommerce" / "woocommerce_wc-v3_derived_openapi.json"
# In today's core, but newer than the documents the contract file was derived from, or untyped there.
NEWER = {"parent_id"}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    if not CONTRACT.exists():
        pytest.skip("the vendor's contract is not beside the checkout (../shared/contracts/woocommerce)")
    loaded: dict[str, Any] = json.loads(CONTRACT.read_text())
    return loaded


def nullable(schema: Any) -> Any:
    """The derived file has no nulls; the API answers null for a date that is not set and a quantity not managed."""
    if isinstance(schema, dict):
        changed = {key: nullable(value) for key, value in schema.items() if key != "enum"}
        if isinstance(changed.get("type"), str):
            changed["type"] = [changed["type"], "null"]
        return changed
    return [nullable(item) for item in schema] if isinstance(schema, list) else schema


def get(sandbox: Sandbox, path: str) -> Any:
    keys = CREDENTIALS["woocommerce"]
    answer = httpx.get(
        f"{sandbox.base_urls['woocommerce']}/wp-json/wc/v3{path}",
        auth=(keys["consumer_key"], keys["consumer_secret"]),
        timeout=30,
    )
    assert answer.status_code == 200
    return answer.json()


def check(contract: dict[str, Any], name: str, rows: list[dict[str, Any]]) -> None:
    schema = contract["components"]["schemas"][name]
    validator = jsonschema.Draft202012Validator({**nullable(schema), "components": nullable(contract["components"])})
    assert rows
    for row in rows:
        validator.validate(row)
        assert set(row) <= set(schema["properties"]) | NEWER, set(row) - set(schema["properties"])


def test_orders_and_refunds(contract: dict[str, Any], untouched: Sandbox) -> None:
    orders = [row for page in (1, 2) for row in get(untouched, f"/orders?per_page=100&page={page}")]
    check(contract, "OrdersRead", orders)
    refunds = [
        refund for order in orders if order["refunds"] for refund in get(untouched, f"/orders/{order['id']}/refunds")
    ]
    check(contract, "OrderRefundsRead", refunds)


def test_products_variations_and_customers(contract: dict[str, Any], untouched: Sandbox) -> None:
    products = get(untouched, "/products?per_page=100")
    check(contract, "ProductsRead", products)
    parent = next(product for product in products if product["variations"])
    check(contract, "ProductVariationsRead", get(untouched, f"/products/{parent['id']}/variations"))
    check(contract, "CustomersRead", get(untouched, "/customers?per_page=100"))


def test_every_path_offered_is_the_vendors(contract: dict[str, Any], untouched: Sandbox) -> None:
    from sandbox.platforms.woocommerce import routes

    known = {_shape(path) for path in contract["paths"]}
    assert {_shape(route.path) for route in routes(untouched.world)} <= known  # type: ignore[attr-defined]


def _shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
