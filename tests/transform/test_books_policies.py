"""Per order or per day: two ways to write the same books, and every account of every day ends alike."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.warehouse import identities

FIRST = date(2026, 10, 5)
BALANCES = "select * from {{ ref('fct_expected_book_movements') }} order by all"
SUMMARY = {"entity_id": "*", "booking_policy": "daily_summary"}


def shop(*policies: dict[str, str], orders: int = 40, seed: int = 7) -> CanonicalRows:
    """Five days of orders by card, gift card and hand, some of businesses, some on terms, some refunded."""
    chance = Random(seed)
    world = CanonicalRows(as_of="2026-10-31")
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("orders", "lines", "legs", "charges", "refunds", "back")
    }
    for number in range(orders):
        _sell(chance, tables, number)
    world.rows("can_orders", *tables["orders"]).rows("can_order_lines", *tables["lines"])
    world.rows("can_order_payments", *tables["legs"]).rows("can_processor_movements", *tables["charges"])
    world.rows("can_refunds", *tables["refunds"]).rows("can_refund_lines", *tables["back"])
    return world.seed("book_policies", *policies) if policies else world


def _sell(chance: Random, tables: dict[str, list[dict[str, Any]]], number: int) -> None:
    day = FIRST + timedelta(days=number % 5)
    at, key = datetime(day.year, day.month, day.day, 16), f"o{number}"
    goods, off, tax = chance.randint(1000, 20000), chance.choice((0, 0, 500)), chance.randint(0, 900)
    total, terms = goods - off + tax, number % 11 == 0
    business = {"is_b2b": terms or number % 7 == 0, "company_name": "Hotel" if terms else None}
    order = {"order_id": key, "order_number": f"#{number}", "channel": chance.choice(("shopify", "woocommerce"))}
    on_terms = {"payment_terms": "net_30" if terms else None, "order_date": day, "placed_at": at, "total_minor": total}
    tables["orders"].append(order | business | on_terms)
    sold = {"order_line_id": f"{key}/1", "order_id": key, "quantity": 1, "gross_minor": goods, "discount_minor": off}
    tables["lines"].append(sold | {"net_minor": goods - off, "tax_minor": tax})
    if terms:
        return
    card = total // 2 if number % 3 == 0 else total
    leg = {"order_id": key, "processed_at": at}
    tables["legs"].append(
        leg | {"order_payment_id": f"{key}a", "amount_minor": card, "processor_reference": f"ch_{key}"}
    )
    if card < total:
        tender = chance.choice(("gift_card", "manual", "store_credit"))
        tables["legs"].append(
            leg | {"order_payment_id": f"{key}b", "amount_minor": total - card, "tender_type": tender}
        )
    fee = chance.randint(20, 400)
    charge = {
        "movement_id": f"m{key}",
        "movement_type": "charge",
        "charge_reference": f"ch_{key}",
        "amount_minor": card,
    }
    tables["charges"].append(
        charge | {"fee_minor": fee, "processing_fee_minor": fee, "occurred_at": at, "movement_date": day}
    )
    if number % 4 == 0:
        tender = chance.choice(("card", "gift_card"))
        refund = {"refund_id": f"r{key}", "order_id": key, "amount_minor": 500, "tender_type": tender}
        tables["refunds"].append(
            refund | {"refunded_at": at + timedelta(days=1), "refund_date": day + timedelta(days=1)}
        )
        back = {"refund_line_id": f"r{key}/1", "refund_id": f"r{key}", "order_id": key, "quantity": 1}
        tables["back"].append(back | {"net_minor": 460, "tax_minor": 40})


MIXED = [
    ((SUMMARY | {"customer_type": "consumer"}, SUMMARY | {"customer_type": "business"}), 0),
    ((SUMMARY | {"customer_type": "consumer"},), 5),
    (({"entity_id": "main", "customer_type": "consumer", "booking_policy": "daily_summary"},
      {"entity_id": "*", "customer_type": "consumer", "booking_policy": "per_order"}), 5),
]  # fmt: skip


@pytest.mark.parametrize("seed", [7, 8])
@pytest.mark.parametrize(("policies", "single"), MIXED)
def test_both_policies_move_every_account_of_every_day_alike(
    policies: tuple[dict[str, str], ...], single: int, seed: int
) -> None:
    each, summed = shop(seed=seed), shop(*policies, seed=seed)
    assert len(each.query(BALANCES)) > 40
    assert each.query(BALANCES) == summed.query(BALANCES)
    documents = "select count(distinct record_key) from {{ ref('act_quickbooks__sales_receipts') }}"
    [[many]], [[few]] = each.query(documents), summed.query(documents)
    assert (many, few < many / 2) == (36, True)
    alone = "select count(distinct source_key) from act_quickbooks__sales_receipts where source_key like 'o%'"
    assert summed.query(alone) == [(single,)]


def test_what_the_documents_post_balances_and_every_summary_is_its_lines() -> None:
    world = shop(*MIXED[0][0])
    world.query(BALANCES)
    assert (
        world.query("select 1 from fct_expected_book_movements group by document_date having sum(signed_minor) <> 0")
        == []
    )
    sums = (
        "select 1 from {{ ref('fct_expected_receipt_summaries') }} as documents left join (select document_key,"
        " sum(line_amount_minor) as lines_minor from {{ ref('fct_expected_receipt_summary_lines') }} group by document_key)"
        " as lines using (document_key) where lines_minor is distinct from total_minor"
    )
    assert world.query(sums) == []
    assert world.query("select max(length(document_number)) from fct_expected_receipt_summaries") == [(21,)]
    assert world.query("select count(*) from {{ ref('act_quickbooks__invoices') }}")[0][0] > 0


KINDS = ("product", "shipping", "gift_card", "tip", "fee", "duty", "cash_rounding")


def test_each_kind_of_line_stands_in_documents_where_the_ledger_posts_it() -> None:
    """Sold and given back, by the rules of the house (seeds/posting_rules)."""
    world = CanonicalRows(as_of="2026-10-31").seed("posting_rules")
    at, total = datetime(2026, 10, 5, 16), 100 * len(KINDS)
    world.rows(
        "can_orders",
        {"order_id": "o", "order_number": "#1", "order_date": FIRST, "placed_at": at, "total_minor": total},
    )
    line = {"order_id": "o", "quantity": 1, "tax_minor": 0, "net_minor": 100}
    world.rows(
        "can_order_lines", *(line | {"order_line_id": kind, "line_type": kind, "gross_minor": 100} for kind in KINDS)
    )
    leg = {"order_payment_id": "p", "order_id": "o", "processed_at": at, "tender_type": "manual"}
    world.rows("can_order_payments", leg | {"amount_minor": total})
    world.rows("can_refunds", {"refund_id": "r", "order_id": "o", "amount_minor": total + 100, "tender_type": "manual",
                               "refunded_at": at, "refund_date": FIRST})  # fmt: skip
    back = [line | {"refund_id": "r", "refund_line_id": kind, "line_type": kind} for kind in (*KINDS, "adjustment")]
    world.rows("can_refund_lines", *back)
    found = world.query(
        "select 'sale', account_number from {{ ref('fct_expected_sales_receipt_lines') }}"
        " union all select 'return', account_number from {{ ref('fct_expected_refund_receipt_lines') }}"
    )
    ruled = world.query(
        "select posting_key, account_number from posting_rules where posting_key in ('sale', 'return') order by all"
    )
    paid = ("sale", "1140")
    assert sorted(found) == sorted([*ruled, paid])


WRITTEN = (
    ("fct_expected_book_movements", "document_date, currency_code, signed_minor"),
    ("act_quickbooks__sales_receipts", "record_key, line_number, line_amount_minor, right(deposit_account_number, 4)"),
    ("fct_expected_taxed_lines", "document_key, line_number, line_amount_minor, line_tax_minor"),
    ("fct_journal_lines", "entry_id, line_number, signed_minor"),
    ("fct_book_matches", "document_id, booked_revenue_minor, booked_tax_minor, booked_discount_minor"),
)


def numbers(name: str, start: str) -> list[dict[str, str]]:
    """A seed whose accounts have other numbers."""
    with (TRANSFORM / f"seeds/{name}.csv").open() as file:
        return [row | {"account_number": start + row["account_number"]} for row in csv.DictReader(file)]


def test_books_with_other_account_numbers_get_the_same_documents_on_theirs() -> None:
    """Ledger and documents follow one file, and what the books hold is read by it."""
    found = []
    for start in ("", "7"):
        world = shop(*MIXED[0][0])
        world.seed("chart_of_accounts", *numbers("chart_of_accounts", start))
        world.seed("posting_rules", *numbers("posting_rules", start))
        world.rows(
            "can_book_documents", {"document_id": "d", "document_type": "sales_receipt", "document_number": "#5"}
        )
        held = [("4000", -900), ("4010", 50), ("2100", -70), ("2200", -30), ("1100", 950)]
        world.rows("can_book_lines", *({"document_id": "d", "line_number": nth, "account_number": start + account,
                                        "signed_minor": amount} for nth, (account, amount) in enumerate(held)))  # fmt: skip
        found.append([
            (table, *world.query(
                f"select {columns}, right(account_number, 4) from {{{{ ref('{table}') }}}} order by all"
                if table != "fct_book_matches" else f"select {columns} from {{{{ ref('{table}') }}}} order by all"
            ))
            for table, columns in WRITTEN
        ])  # fmt: skip
    assert found[0] == found[1]


def test_no_document_is_written_while_a_rule_is_missing() -> None:
    world = shop(*MIXED[0][0])
    rules = [row for row in numbers("posting_rules", "") if row["posting_key"] != "deferred"]
    world.seed("posting_rules", *rules)
    assert world.query("select unmapped from {{ ref('dim_posting_accounts') }} where entity_id = 'main'") == [
        ("deferred",)
    ]
    assert world.query("select * from {{ ref('act_quickbooks__sales_receipts') }}") == []
    held = "select distinct held_back_reason from fct_expected_sales_receipts"
    assert {"unmapped_account"} <= {reason for (reason,) in world.query(held)} <= {"unmapped_account", "on_terms"}


def test_a_day_that_is_not_over_and_an_order_the_books_hold_are_in_no_summary() -> None:
    world = shop(*MIXED[0][0])
    world.variables["as_of"] = "2026-10-06"
    world.rows("can_book_documents", {"document_id": "d", "document_type": "sales_receipt", "document_number": "#5"})
    found = world.query("select distinct document_date from {{ ref('fct_expected_receipt_summaries') }}")
    assert found == [(FIRST,)]
    held = "select sum(documents) from fct_expected_receipt_summaries where document_type = 'sales_receipt'"
    # Of the 8 orders of the first day one is on terms and one is booked.
    assert world.query(held) == [(6,)]


@pytest.mark.parametrize(("change", "reason"), [(0, None), (100, "differs_from_the_books")])
def test_a_summary_the_books_hold_is_not_sent_again_and_a_late_order_of_its_day_is_a_persons(
    change: int, reason: str
) -> None:
    first = shop(*MIXED[0][0])
    rows = first.query("select document_key, total_minor from {{ ref('fct_expected_receipt_summaries') }} order by 1")
    world = shop(*MIXED[0][0])
    key, total = rows[0]
    world.rows(
        "can_book_documents",
        {"document_id": "d", "document_type": "sales_receipt", "memo": key, "total_minor": total - change},
    )
    held = f"select is_in_books, held_back_reason from {{{{ ref('fct_expected_receipt_summaries') }}}} where document_key = '{key}'"
    assert world.query(held) == [(True, reason)]
    assert (
        world.query(f"select 1 from {{{{ ref('act_quickbooks__sales_receipts') }}}} where record_key = '{key}'") == []
    )


# A summary of several orders, and its net revenue.
LARGEST, SUMMARISED = "je:main:shopify:consumer:1100:USD:2026-10-09:sales:0", 68_511


def booked(first: CanonicalRows, *, beyond: int = 0, copies: int = 1, is_deleted: bool = False) -> CanonicalRows:
    """The shop with the summaries it expects in its books; one of sales with so much more revenue, so often, or thrown away."""
    summaries = first.query(
        "select document_key, document_type, document_date, total_minor from fct_expected_receipt_summaries"
    )
    lines = first.query(
        "select document_key, line_number, account_number, line_amount_minor from {{ ref('fct_expected_receipt_summary_lines') }}"
    )
    chosen = LARGEST
    world = shop(*MIXED[0][0])
    documents, postings = [], []
    for key, kind, day, total in summaries:
        for copy in range(copies if key == chosen else 1):
            document = f"{key}/{copy}"
            more = beyond if key == chosen else 0
            documents.append({
                "document_id": document, "document_type": kind, "document_date": day, "memo": key, "total_minor": total + more,
                "document_number": None, "is_deleted": is_deleted and key == chosen,
            })  # fmt: skip
            sign = -1 if kind == "sales_receipt" else 1
            postings += [
                {
                    "document_id": document,
                    "line_number": number,
                    "account_number": account,
                    "signed_minor": sign * amount,
                }
                for of, number, account, amount in lines
                if of == key
            ]
            postings.append(
                {"document_id": document, "line_number": 99, "account_number": "4000", "signed_minor": -more}
            )
    return world.rows("can_book_documents", *documents).rows("can_book_lines", *postings)


DIFFERENCES = """select reason_code, count(*), sum(amount_minor) from {{ ref('fct_differences') }}
    where bridge = 'net_revenue_to_books' group by 1 order by 1"""


def first_shop() -> CanonicalRows:
    first = shop(*MIXED[0][0])
    first.query("select 1 from {{ ref('fct_expected_receipt_summaries') }}")
    return first


# The orders on terms have invoices of their own, which these books lack.
ON_TERMS = ("BKS-01", 4, -35_409)


@pytest.mark.parametrize(
    ("books", "told"),
    [
        ({}, []),
        ({"beyond": 700}, [("UNX-00", 1, 700)]),
        ({"copies": 2}, [("BKS-02", 1, SUMMARISED)]),
        ({"is_deleted": True}, [("BKS-09", 5, -SUMMARISED)]),
    ],
)
def test_orders_of_a_day_in_one_document_are_each_in_the_books(
    books: dict[str, Any], told: list[tuple[Any, ...]]
) -> None:
    """And what the document has beyond them, or twice, or has no more, is told with its cents."""
    world = booked(first_shop(), **books)
    assert world.query(DIFFERENCES) == sorted([ON_TERMS, *told])
    said = [row for path in identities("assert_i_20") for row in world.query(path.read_text())]
    assert [row for row in said if "net_revenue_to_books" in row or str(row[0]).startswith("books:")] == []
