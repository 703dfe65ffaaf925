"""The finder of money in recorded payloads: what it takes for an amount, and what it says of one that nobody claimed."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transform import recorded_money
from tests.transform.recorded_money import Recorded, holds_money


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("total_price", "10.00"),
        ("amount", 100),
        ("lines[].tax_lines[].price", Decimal("13.5")),
        ("available[].source_types.card", 0),
        ("prerequisite_subtotal_range.greater_than_or_equal_to", "40.0"),
        ("fulfillments[].fulfillmentFee", Decimal("0.0")),
        ("a_word_nobody_thought_of", "12.50"),  # two decimals are enough
    ],
)
def test_a_number_under_a_word_of_money_is_money_and_so_is_a_text_with_two_decimals(path: str, value: Any) -> None:
    assert holds_money(path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("total_quantity", 2),
        ("discount_application_index", "0"),
        ("shipping_address.zip", "94103"),
        ("tax_lines[].rate", "0.075"),
        ("total_price", None),
        ("total_price", ""),
        ("taxable", True),
        ("price_type", "fixed"),
    ],
)
def test_counts_rates_places_and_words_are_no_money(path: str, value: Any) -> None:
    assert not holds_money(path, value)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(recorded_money, "PAYLOADS", tmp_path)
    folder = tmp_path / "shop"
    folder.mkdir()
    lines = [{"price": "4.00", "handling_fee": "0.50"}, {"price": "5.00"}]
    (folder / "orders.json").write_text(json.dumps({"orders": [{"id": 1, "total": "9.50", "lines": lines}]}))
    (folder / "refund_data.csv").write_text('id,amount,details\n1,3.00,"{""restocking_fee"": ""1.00""}"\n')
    return folder


MAPPED = {"order.total": "stg.total_minor", "order.lines[].price": "stg.price_minor"}


def test_money_that_nobody_claims_is_named_by_file_and_field_also_inside_a_cell(shop: Path) -> None:
    found = Recorded("shop", {"order": "orders.json", "refund": "refund_data.csv"})
    with pytest.raises(AssertionError) as unclaimed:
        found.assert_claimed(MAPPED, {"refund.amount": "listed"})
    assert str(unclaimed.value).splitlines()[:2] == [
        "orders.json: order.lines[].handling_fee holds money, is mapped by no model and listed nowhere",
        "refund_data.csv: refund.details.restocking_fee holds money, is mapped by no model and listed nowhere",
    ]


def test_a_claim_on_money_that_is_not_recorded_is_stale(shop: Path) -> None:
    found = Recorded("shop", {"order": "orders.json", "refund": "refund_data.csv"})
    listed = {
        "order.lines[].handling_fee": "",
        "refund.amount": "",
        "refund.details.restocking_fee": "",
        "order.tip": "",
    }
    with pytest.raises(AssertionError, match=r"in no recorded file: \['order.tip'\]"):
        found.assert_claimed(MAPPED, listed)


def test_what_is_said_is_the_sum_of_all_records_in_minor_units_of_their_currency(shop: Path) -> None:
    (shop / "refund_data.csv").write_text("amount,currency_code\n500,JPY\n3.25,USD\n9.99,JPY\n")
    # ¥500 + 325 cents; a hundredth of a yen does not exist.
    assert Recorded("shop", {"refund": "refund_data.csv"}).said("refund.amount") == 825
