"""The second company: the same world from the same seed, a shop that keeps to the vendor's contract, nobody else's numbers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.europe_orders import CASES, COUNT
from sandbox.server import EUROPE_CREDENTIALS, Sandbox
from sandbox.world import World, build_world
from tests.sandbox.test_contract_woocommerce import check, contract

__all__ = ["contract"]


@pytest.fixture(scope="module")
def europe() -> World:
    world = build_world().europe
    assert world is not None
    return world


def get(sandbox: Sandbox, path: str) -> Any:
    keys = EUROPE_CREDENTIALS["woocommerce_eu"]
    answer = httpx.get(
        f"{sandbox.url}/woocommerce_eu/wp-json/wc/v3{path}",
        auth=(keys["consumer_key"], keys["consumer_secret"]),
        timeout=30,
    )
    assert answer.status_code == 200
    return answer.json()


def test_the_shop_keeps_to_the_vendors_contract(contract: dict[str, Any], untouched: Sandbox) -> None:
    check(contract, "OrdersRead", get(untouched, "/orders?per_page=100"))
    check(contract, "OrderRefundsRead", get(untouched, "/orders/2005/refunds"))
    check(contract, "ProductsRead", get(untouched, "/products?per_page=100"))
    check(contract, "CustomersRead", get(untouched, "/customers?per_page=100"))


def test_an_order_is_its_lines_and_each_rate_its_tax(untouched: Sandbox) -> None:
    def cents(text: str) -> int:
        return int(text.replace(".", ""))

    for order in get(untouched, "/orders?per_page=100"):
        lines = [*order["line_items"], *order["shipping_lines"]]
        assert cents(order["total"]) == sum(cents(line["total"]) + cents(line["total_tax"]) for line in lines)
        rates = [cents(row["tax_total"]) + cents(row["shipping_tax_total"]) for row in order["tax_lines"]]
        assert cents(order["total_tax"]) == sum(rates)
        by_rate = {
            row["rate_id"]: sum(cents(tax["total"]) for line in lines for tax in line["taxes"] if tax["id"] == row["rate_id"])
            for row in order["tax_lines"]
        }  # fmt: skip
        assert list(by_rate.values()) == rates, order["number"]


def test_the_two_shops_share_ids_and_numbers_and_refuse_each_others_keys(untouched: Sandbox) -> None:
    numbers = {order["number"] for order in get(untouched, "/orders?per_page=100")}
    assert numbers <= set(untouched.world.orders)
    assert len(numbers) == COUNT
    keys = EUROPE_CREDENTIALS["woocommerce_eu"]
    other = httpx.get(
        f"{untouched.base_urls['woocommerce']}/wp-json/wc/v3/orders",
        auth=(keys["consumer_key"], keys["consumer_secret"]),
    )
    assert other.status_code == 401


def test_the_bank_shows_what_the_account_was_emptied_of(untouched: Sandbox, europe: World) -> None:
    text = httpx.get(f"{untouched.url}/bank_eu/statements/statement.csv").text
    assert text.count("\r\n") == len(europe.bank_lines) + 1
    assert ",EUR," in text
    assert "USD" not in text


def test_one_order_is_paid_in_pounds_and_every_other_in_euros(europe: World) -> None:
    pounds = [order.number for order in europe.orders.values() if order.currency_code == "GBP"]
    assert pounds == ["W-2044"]


def test_every_story_of_an_order_is_one_that_was_planted(europe: World) -> None:
    told = {number for number, case in CASES.items() if case.story}
    assert told == {int(order.number[2:]) - 2000 for order in europe.orders.values() if order.story}


def test_the_same_seed_gives_the_same_company_and_another_seed_other_ids() -> None:
    first, again, other = (build_world(seed).europe for seed in (7, 7, 8))
    assert first is not None
    assert again is not None
    assert other is not None
    assert (first.orders, first.paypal, list(first.bank_lines)) == (again.orders, again.paypal, list(again.bank_lines))
    assert first.paypal != other.paypal


def test_the_companies_share_one_clock_and_nothing_they_sell() -> None:
    world = build_world()
    assert world.europe is not None
    world.clock.advance(60)
    assert world.europe.clock is world.clock
    assert not set(world.products) & set(world.europe.products)
