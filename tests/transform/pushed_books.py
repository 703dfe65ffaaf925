"""A shop beside the books its documents are pushed to: what the twin holds is read by the connector, and the activation tables are made of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.extract import connector
from pipelines.settings import Connection
from reverse_etl.plan import Plan
from sandbox.server import CREDENTIALS, EUROPE_CREDENTIALS, Sandbox
from tests.reverse_etl.conftest import Turn, settings_for
from tests.transform import xero_books
from tests.transform.raw_rows import RawRows

SYNCS = {
    "quickbooks": ("sales_receipts", "credit_memos", "deposits", "journal_entries"),
    "xero": ("contacts", "receipts", "invoices", "refunds", "bank_transactions", "transfers"),
}
# Whose books they are, in which currency.
COMPANY = {"quickbooks": ("main", "USD"), "xero": ("europe", "EUR")}
_SETTINGS = {"as_of": "2026-12-20", "books_from": "2026-10-01"}


@contextmanager
def pushing(sandbox: Sandbox, folder: Path) -> Iterator[Turn]:
    """Plan and push against the twins of both books, whose own documents are left out or gone."""
    xero_books.emptied(sandbox)
    made = Turn(None, folder)
    made.settings = settings_for("", folder)
    urls = {"quickbooks": sandbox.base_urls["quickbooks"], "xero": f"{sandbox.url}/xero"}
    for platform, known in (("quickbooks", CREDENTIALS), ("xero", EUROPE_CREDENTIALS)):
        named = {"base_url": urls[platform]} | known[platform]
        made.settings.values.update({f"destinations.{platform}.{name}": value for name, value in named.items()})
    yield made
    made.ledger.close()


def _in_quickbooks(sandbox: Sandbox) -> RawRows:
    """What QuickBooks holds of ours; what people typed there is another story."""
    rows = RawRows(**_SETTINGS)
    declared = connector("quickbooks")
    names = {name: CREDENTIALS["quickbooks"][name] for name in declared.credentials}
    with declared.connect(Connection("quickbooks", "main", sandbox.base_urls["quickbooks"], names)) as client:
        for resource in declared.resources:
            rows.raw("quickbooks", resource.name, [row for page in resource.fetch(client, None) for row in page])
    rows.mapped("book_documents", "quickbooks").mapped("book_lines", "quickbooks")
    rows.connection.execute("delete from can_book_documents where memo is null or memo not like 'je:%'")
    rows.connection.execute(
        "delete from can_book_lines where document_id not in (select document_id from can_book_documents)"
    )
    return rows


def refresh(sandbox: Sandbox, turn: Turn, books: str, tell: Callable[[RawRows], Any]) -> RawRows:
    """What the books hold now beside the rows a test tells, and the activation tables made of both."""
    if books == "xero":
        rows = xero_books.read(sandbox, **_SETTINGS).mapped("book_customers", "xero")
    else:
        rows = _in_quickbooks(sandbox)
    tell(rows)
    rows.connection.execute("create schema activation")
    for sync in SYNCS[books]:
        name = f"act_{books}__{sync}"
        rows.query(f"select 1 from {{{{ ref('{name}') }}}}")
        rows.connection.execute(f"create table activation.{name} as select * from {name}")
    turn.warehouse = rows.connection
    return rows


def plans(turn: Turn, books: str) -> list[Plan]:
    """A plan of each sync into the books."""
    return [turn.plan(f"{books}__{sync}") for sync in SYNCS[books]]


def push(turn: Turn, books: str) -> dict[str, int]:
    """Plan all, then push; what was accepted, by sync."""
    made = {plan.sync.partition("__")[2]: plan for plan in plans(turn, books) if plan.deliveries}
    return {sync: turn.push(plan).accepted for sync, plan in made.items()}
