"""Single things that happen in a shop, each with the row it must leave and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.transform.finance_rows import Story, noon
from tests.transform.warehouse import Warehouse

pytestmark = pytest.mark.dbt

EARLY, LATE = date(2026, 10, 10), date(2026, 11, 5)


def split_tender(story: Story) -> None:
    """Gift card 20.00, card 30.00: the gift card's part never reaches the processor."""
    story.order("split", ("product", 5_000, 0, 0))
    story.pay("split", 2_000, "gift_card")
    story.pay("split", 3_000)
    story.move("charge", "ch_split", 3_000)


def partly_paid(story: Story) -> None:
    story.order("part", ("product", 5_000, 0, 0))
    story.pay("part", 4_000, "manual")


def overpaid(story: Story) -> None:
    story.order("over", ("product", 5_000, 0, 0))
    story.pay("over", 5_500, "manual")


def cancelled(story: Story) -> None:
    story.order("cancelled", ("product", 5_000, 0, 0), cancelled_at=noon(date(2026, 10, 11)))


def captured_next_month(story: Story) -> None:
    story.order("slow", ("product", 5_000, 0, 0))
    story.pay("slow", 5_000, day=LATE)
    story.move("charge", "ch_slow", 5_000, day=LATE)


def captured_without_charge(story: Story) -> None:
    story.order("ghost", ("product", 5_000, 0, 0))
    story.pay("ghost", 5_000)


def charge_without_order(story: Story) -> None:
    story.move("charge", "ch_phone", 7_000)


def charged_twice(story: Story) -> None:
    story.sell("twice", ("product", 5_000, 0, 0))
    story.move("charge", "ch_again", 5_000, order_reference="twice")


def matched_by_number(story: Story) -> None:
    """The storefront does not name the charge; the charge names the order."""
    story.order("named", ("product", 5_000, 0, 0))
    story.pay("named", 5_000, processor_reference=None)
    story.move("charge", "ch_x", 5_000, order_reference="named")


def refunded_at_processor_only(story: Story) -> None:
    story.sell("back", ("product", 5_000, 0, 0))
    story.move("refund", "re_back", -1_000, charge_reference="ch_back")


def refunded_in_storefront_only(story: Story) -> None:
    story.sell("promise", ("product", 5_000, 0, 0))
    story.refund("promise", 1, 1_000, 0)
    story.rows["processor_movements"] = [
        row for row in story.rows["processor_movements"] if row["platform_source_id"] != "re_promise-R1"
    ]


def lone_deposit(story: Story) -> None:
    story.add("bank_lines", bank_line_id="wire", value_date=EARLY, amount_minor=9_000, reference="wire")
    story.add("bank_lines", bank_line_id="rent", value_date=EARLY, amount_minor=-9_000, reference="rent")


def booked_by_hand(story: Story) -> None:
    story.book("JE-1", ("4000", 1_234), kind="journal_entry")


def tax_and_a_cent(story: Story) -> None:
    """One cent beside the tax: the rule does not fit, so nothing is claimed."""
    story.sell("cent", ("product", 5_000, 0, 400))
    story.book("cent", ("4000", 5_401))


def booked_next_month(story: Story) -> None:
    story.sell("late", ("product", 5_000, 0, 0))
    story.book("late", ("4000", 5_000), day=LATE)


def voided_in_books(story: Story) -> None:
    story.sell("void", ("product", 5_000, 0, 0))
    story.book("void", ("4000", 5_000))
    story.rows["book_documents"][-1]["is_deleted"] = True


def till_without_payments(story: Story) -> None:
    """Two orders of a channel that never says how it was paid, in euro."""
    story.currency = "EUR"
    for number in ("till-1", "till-2"):
        story.order(number, ("product", 1_000, 0, 0), channel="till")
    story.currency = "USD"


def market_without_processor(story: Story) -> None:
    """One order paid in full, one a cent short, at a gateway nobody connected."""
    for number, paid in (("market-1", 3_000), ("market-2", 2_999)):
        story.order(number, ("product", 3_000, 0, 0), channel="market")
        story.pay(number, paid, processor_reference=None)


def market_with_tax_and_a_refund(story: Story) -> None:
    """Paid in full a month later, with tax, partly refunded: nothing of it contradicts itself."""
    story.order("market-3", ("product", 3_000, 0, 300), channel="market")
    story.pay("market-3", 3_300, day=LATE, processor_reference=None)
    story.refund("market-3", 1, 500, 50)
    story.rows["processor_movements"].pop()


# story, filter, expected (reason, minor units) rows
CASES: list[tuple[Callable[[Story], None], str, list[tuple[str, int]]]] = [
    (split_tender, "order_id = 'split' and to_system = 'processor'", [("TND-01", -2_000)]),
    (partly_paid, "order_id = 'part' and to_system = 'processor'", [("TND-04", -4_000), ("TND-07", -1_000)]),
    (overpaid, "order_id = 'over' and to_system = 'processor'", [("TND-04", -5_500), ("TND-08", 500)]),
    (cancelled, "order_id = 'cancelled' and to_system != 'books'", [("SRC-05", -5_000), ("SRC-05", -5_000)]),
    (captured_next_month, "order_id = 'slow' and to_system = 'processor'", [("TIM-04", -5_000), ("TIM-04", 5_000)]),
    (captured_without_charge, "order_id = 'ghost' and to_system = 'processor'", [("SRC-02", -5_000)]),
    (charge_without_order, "reference = 'ch_phone' and from_system = 'storefront'", [("SRC-01", 7_000)]),
    (
        charged_twice,
        "order_id = 'twice' and from_system = 'storefront' and to_system = 'processor'",
        [("SRC-03", 5_000)],
    ),
    (matched_by_number, "order_id = 'named' and from_system = 'storefront'", []),
    (refunded_at_processor_only, "order_id = 'back' and reason_code like 'REF%'", [("REF-02", -1_000)]),
    (refunded_in_storefront_only, "order_id = 'promise' and bridge is null", [("REF-03", 1_000)]),
    (lone_deposit, "reference in ('wire', 'rent')", [("BNK-01", 9_000)]),
    (booked_by_hand, "reference = 'JE-1'", [("BKS-08", 1_234)]),
    (tax_and_a_cent, "order_id = 'cent' and to_system = 'books'", [("UNX-00", 401)]),
    (booked_next_month, "order_id = 'late' and to_system = 'books'", [("TIM-11", -5_000), ("TIM-11", 5_000)]),
    (till_without_payments, "currency_code = 'EUR' and to_system = 'processor'", [("TND-05", -2_000)]),
    (market_without_processor, "order_id in ('market-1', 'market-2')", [("TND-07", -1)]),
    (market_with_tax_and_a_refund, "order_id = 'market-3'", []),
    (market_with_tax_and_a_refund, "reference = 'market 2026-10' and reason_code = 'LIA-04'", [("LIA-04", -300)]),
    (voided_in_books, "order_id = 'void' and to_system = 'books'", [("BKS-09", -5_000)]),
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One shop in which all of it happens, with an ordinary order that is charged and booked, so that both are connected."""
    story = Story()
    story.sell("plain", ("product", 1_000, 0, 0))
    story.book("plain", ("4000", 1_000))
    for tell in dict.fromkeys(tell for tell, _, _ in CASES):
        tell(story)
    built = Warehouse(tmp_path_factory.mktemp("cases"))
    built.fill(story.rows)
    # The identities hold in all of these; none of them is allowed to depend on tidy data.
    built.seed()
    built.dbt(
        "build", "marts.finance", "marts.tax", "marts.books", "marts.journal", "marts.operations", "fct_parcels", "dim_posting_accounts"
    )  # fmt: skip
    return built


@pytest.mark.parametrize(("tell", "where", "expected"), CASES, ids=[tell.__name__ for tell, _, _ in CASES])
def test_case(warehouse: Warehouse, tell: Callable[[Story], None], where: str, expected: list[tuple[str, int]]) -> None:
    rows: list[dict[str, Any]] = warehouse.query(
        f"select reason_code, amount_minor from marts.fct_differences where {where} order by reason_code, amount_minor"
    )
    assert [(row["reason_code"], row["amount_minor"]) for row in rows] == sorted(expected)


def test_a_channel_without_payments_is_recognised_on_the_order_date(warehouse: Warehouse) -> None:
    assert warehouse.value("select sum(net_revenue_minor) from marts.fct_net_revenue where channel = 'till'") == 2_000


def test_uncaptured_orders_have_no_revenue(warehouse: Warehouse) -> None:
    assert warehouse.value("select count(*) from marts.fct_net_revenue where order_id = 'cancelled'") == 0
    assert warehouse.value("select event_date from marts.fct_net_revenue where order_id = 'slow'") == LATE
