"""An order on terms all the way: shop, books, bank, books; read back by the connectors after every turn, from the twins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reverse_etl.syncs import all_syncs
from sandbox.server import CREDENTIALS, Sandbox
from tests.reverse_etl.conftest import Turn, settings_for
from tests.transform.raw_rows import RawRows
from tests.transform.test_processor_bank_and_books import read

pytestmark = pytest.mark.world

CHAIN = ("customers", "invoices", "credit_notes", "payments", "payment_deposits")
SHOP = ("orders", "order_lines", "order_payments", "refunds", "refund_lines")
BOOKS = ("book_documents", "book_lines", "book_customers", "book_links")
KINDS = ("customer_created", "invoice_created", "credit_memo_created", "payment_created", "deposit_created")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def turn(sandbox: Sandbox, tmp_path: Path) -> Iterator[Turn]:
    made = Turn(None, tmp_path)
    values = {f"destinations.quickbooks.{name}": value for name, value in CREDENTIALS["quickbooks"].items()}
    made.settings = settings_for("", tmp_path)
    made.settings.values.update(values | {"destinations.quickbooks.base_url": sandbox.base_urls["quickbooks"]})
    yield made
    made.ledger.close()


def refresh(sandbox: Sandbox, turn: Turn) -> RawRows:
    """Everything the platforms say now, mapped, and the activation tables of the chain built from it."""
    rows = read(sandbox, "woocommerce", "bank", "quickbooks", "stripe")
    for platform, nouns in (("woocommerce", SHOP), ("quickbooks", BOOKS), ("bank", ("bank_lines",))):
        for noun in nouns:
            rows.mapped(noun, platform)
    for noun in ("processor_movements", "payouts"):
        rows.mapped(noun, "stripe")
    rows.connection.execute("create schema activation")
    for sync in CHAIN:
        rows.query(f"select 1 from {{{{ ref('act_quickbooks__{sync}') }}}}")
        table = f"act_quickbooks__{sync}"
        rows.connection.execute(f"create table activation.{table} as select * from {table}")
    turn.warehouse = rows.connection
    return rows


def push(sandbox: Sandbox, turn: Turn) -> dict[str, int]:
    """Refresh, plan and push the chain; what was accepted, by sync."""
    refresh(sandbox, turn)
    plans = [turn.plan(f"quickbooks__{sync}") for sync in CHAIN]
    return {plan.sync.removeprefix("quickbooks__"): turn.push(plan).accepted for plan in plans if plan.deliveries}


def control(sandbox: Sandbox, path: str, **body: object) -> dict[str, object]:
    answer = httpx.post(f"{sandbox.url}/_control/{path}", json=body)
    assert answer.status_code == 201, answer.text
    said: dict[str, object] = answer.json()
    return said


def made(sandbox: Sandbox) -> list[int]:
    counts = sandbox.world.effects.summary().get("quickbooks", {})
    return [counts.get(kind, 0) for kind in KINDS]


def test_an_order_on_terms_is_invoiced_paid_early_banked_and_then_nothing_is_left_to_do(
    sandbox: Sandbox, turn: Turn
) -> None:
    assert list(all_syncs()).index("quickbooks__customers") < list(all_syncs()).index("quickbooks__invoices")
    asked = {"channel": "woocommerce", "sku": "KIT-001", "quantity": 4, "email": "buy@harbor.example"}
    terms = {"company": "Harbor Hotels", "terms": "2_10_net_30", "po_number": "PO-7", "tax_number": "12-3456789"}
    order = control(sandbox, "orders", **asked, **terms)
    total, number = int(str(order["total_minor"])), str(order["order_number"])
    assert push(sandbox, turn) == {"customers": 1, "invoices": 1}
    assert made(sandbox) == [1, 1, 0, 0, 0]
    [invoice] = [
        row for row in sandbox.world.state("quickbooks")["books"].records("Invoice") if row["DocNumber"] == number
    ]
    assert (int(invoice["TotalAmt"] * 100), invoice["SalesTermRef"]["name"]) == (total, "2% 10 Net 30")
    assert invoice["CustomerMemo"] == {"value": "Purchase order PO-7, tax id 12-3456789"}
    assert push(sandbox, turn) == {}

    discount = (total * 20_000 * 2 + 1_000_000) // 2_000_000
    control(sandbox, "bank_lines", amount_minor=total - discount, reference=f"INVOICE {number} LESS 2PCT")
    assert push(sandbox, turn) == {"credit_notes": 1, "payments": 1, "payment_deposits": 1}
    assert made(sandbox) == [1, 1, 1, 1, 1]
    rows = refresh(sandbox, turn)
    assert [turn.plan(f"quickbooks__{sync}").deliveries for sync in CHAIN] == [()] * len(CHAIN)
    # Read back: the receivable and undeposited funds are empty, the bank has the money, the discount its account.
    balances = dict(
        rows.query(
            """select lines.account_number, cast(sum(lines.signed_minor) as bigint)
               from can_book_lines as lines inner join can_book_documents as documents using (document_id)
               where documents.memo like 'je:main:%' group by lines.account_number"""
        )
    )
    assert (balances["1200"], balances["1140"]) == (0, 0)
    assert (balances["1000"], balances["4010"]) == (total - discount, discount)
    assert rows.singular_test("assert_book_documents_balance") == []


@pytest.mark.proof
def test_money_beyond_the_invoice_is_banked_with_it_and_owed_back(sandbox: Sandbox, turn: Turn) -> None:
    asked = {"channel": "woocommerce", "sku": "KIT-001", "quantity": 1, "email": "buy@lakeside.example"}
    order = control(sandbox, "orders", **asked, company="Lakeside Spa", terms="eom_15")
    total, number = int(str(order["total_minor"])), str(order["order_number"])
    push(sandbox, turn)
    control(sandbox, "bank_lines", amount_minor=total - 1000, reference=number)
    control(sandbox, "bank_lines", amount_minor=1500, reference=f"rest of {number}")
    assert push(sandbox, turn) == {"payments": 2, "payment_deposits": 2}
    rows = refresh(sandbox, turn)
    owed = "select cast(-sum(signed_minor) as bigint) from can_book_lines where account_number = '2330'"
    assert rows.query(owed) == [(500,)]
    assert [turn.plan(f"quickbooks__{sync}").deliveries for sync in CHAIN] == [()] * len(CHAIN)
