"""A month is closed, then something changes in it: the month stays as it was frozen, and the change is put right in the next one, in both books."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration import warehouse
from orchestration.close import explain_revenue, frozen, run
from reverse_etl.closes import ClosedMonth
from sandbox.server import Sandbox
from tests.reverse_etl.conftest import Turn
from tests.transform import pushed_books, xero_books
from tests.transform.deferred_shop import DE, LATE, PAID, DeferredShop
from tests.transform.pushed_books import COMPANY, SYNCS, plans, push, refresh
from tests.transform.raw_rows import RawRows
from tests.transform.test_deferred_books import reported
from tests.transform.warehouse import identities

pytestmark = pytest.mark.world

CLOSED_AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 9, tzinfo=UTC)
BOOKS_DE = 70_000
MARTS = (*frozen.TABLES, "dim_close_checks", "dim_platform_accounts", "fct_loaded_counts")
CREATED = {"quickbooks": {"journal_entry_created": 2}, "xero": {"bank_transaction_created": 1, "invoice_created": 1}}
CORRECTIONS = {"sent back-R1:refunded:1:correct", "taxed anew:captured:1:correct"}
# 47.60 go back, of which 7.60 are tax; 11.21 of what was taken for tax are revenue.
NOVEMBER = {"1100": -4_760, "4020": 4_000, "4000": -1_121, "2100": 760 + 1_121}
ASKED = ("i_",)
REASONS = (
    "select reason_code, cast(sum(amount_minor) as bigint) from {{ ref('fct_book_differences') }} group by 1 order by 1"
)
BOOKED = "select account_number, cast(sum(signed_minor) as bigint) from can_book_lines group by 1 having sum(signed_minor) != 0 order by 1"
POSTED = """select account_number, cast(sum(signed_minor) as bigint) from {{ ref('fct_journal_lines') }} where entry_date < date '2026-12-01'
    group by 1 having sum(signed_minor) != 0 order by 1"""
DIFFERING = """select period_month, account_number, ledger_minor, books_minor from {{ ref('fct_close_trial_balance') }}
    where difference_minor != 0 and period_month < '2026-12' order by all"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=20) as running:
        yield running


@dataclass
class Shop:
    """A company, its books and its home; `is_changed` tells what nobody knew when October was closed."""

    books: str
    sandbox: Sandbox
    turn: Turn
    home: Path
    is_changed: bool = False
    closes: tuple[ClosedMonth, ...] = ()

    @property
    def entity(self) -> str:
        return COMPANY[self.books][0]

    def tell(self, rows: RawRows) -> None:
        shop = DeferredShop(*COMPANY[self.books])
        for number in ("kept", "sent back", "taxed anew"):
            # Of 119.00, the rate of books takes 7.79 out, where the full rate took 19.00.
            anew = self.is_changed and number == "taxed anew"
            shop.sell(number, 11_121 if anew else 10_000, (BOOKS_DE, 779) if anew else (DE, 1_900), day=PAID)
            shop.pay(number, PAID, 11_900, fee=345)
        if self.is_changed:
            shop.send_back("sent back", LATE, (1, 4_000, 760))
        for table, found in shop.tables.items():
            rows.rows(table, *found)
        same = [
            {"close_id": one.close_id, "entity_id": self.entity, "period_month": one.period_month}
            for one in self.closes
        ]
        rows.rows("can_closes", *same)
        frozen_rows = frozen.amounts(self.home, self.closes).to_pylist()
        rows.rows("can_closed_amounts", *frozen_rows)

    def refresh(self) -> RawRows:
        return refresh(self.sandbox, self.turn, self.books, self.tell)

    def published(self, rows: RawRows, now: datetime) -> None:
        """The marts of these rows as a publication of the home."""
        for name in MARTS:
            rows.query(f"select 1 from {{{{ ref('{name}') }}}}")
        file = self.home / "warehouse.duckdb"
        file.unlink(missing_ok=True)
        rows.connection.execute(f"attach '{file}' as home")
        rows.connection.execute("create schema home.marts")
        for name in MARTS:
            rows.connection.execute(f"create table home.marts.{name} as from {name}")
        rows.connection.execute("create schema home.activation")
        for sync in SYNCS[self.books]:
            rows.connection.execute(
                f"create table home.activation.act_{self.books}__{sync} as from act_{self.books}__{sync}"
            )
        rows.connection.execute("detach home")
        with warehouse.writing("publish"):
            warehouse.publish(now)

    def close_october(self) -> None:
        """Every line that stops it is accepted: most of the company's accounts are not in this story."""
        looked = run.check(self.entity, "2026-10", (), "Ann", CLOSED_AT)
        words = [word for line in looked.stopping for word in shlex.split(line.acceptance) if word != "--accept"]
        done = run.close(self.entity, "2026-10", words, "Ann", "for the story", CLOSED_AT)
        assert done.close is not None, [line.told for line in done.stopping]
        self.closes = (done.close,)

    def documents(self) -> dict[str, str]:
        """Every document of the twin's books that we made, as it stands there, by our key."""
        if self.books == "xero":
            held = xero_books.held(self.sandbox)
            found = [one for name in ("Invoices", "BankTransactions") for one in held.all(name)]
            return {str(one["Reference"]).rpartition(" | ")[2]: repr(one) for one in found}
        held = self.sandbox.world.state("quickbooks")["books"]
        kinds = ("SalesReceipt", "RefundReceipt", "JournalEntry")
        found = [one for kind in kinds for one in held.records(kind) if str(one.get("PrivateNote")).startswith("je:")]
        return {one["PrivateNote"]: repr(one) for one in found}

    def files(self) -> dict[str, str]:
        """Every file of the close, by its digest."""
        folder = frozen.folder_of(self.home, self.entity, "2026-10")
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


@pytest.fixture(params=["quickbooks", "xero"])
def shop(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """October is pushed, read back and closed, here and in the books; then it changes."""
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("CARTWHEEL_DBT_TARGET", str(tmp_path / "dbt"))
    with pushed_books.pushing(sandbox, tmp_path) as turn:
        made = Shop(request.param, sandbox, turn, tmp_path)
        made.refresh()
        push(turn, made.books)
        rows = made.refresh()
        assert rows.query(DIFFERING) == []
        made.published(rows, CLOSED_AT)
        made.close_october()
        sandbox.world.state("quickbooks")["books"].closing_date = date(2026, 10, 31)
        xero_books.held(sandbox).period_lock_date = date(2026, 10, 31)
        made.is_changed = True
        yield made


def explained(shop: Shop, rows: RawRows) -> explain_revenue.Explained:
    shop.published(rows, LATER)
    with warehouse.reading() as connection:
        report = explain_revenue.of_close(shop.home, shop.closes[0])
        return explain_revenue.explain(connection, report, shop.entity, "2026-10")


def test_a_late_change_of_a_closed_month_is_corrected_once_in_the_open_one(shop: Shop) -> None:
    documents, files = shop.documents(), shop.files()
    shop.sandbox.world.effects.clear()
    rows = shop.refresh()
    # The books have no refund of October and the sale as it was; neither is unexplained.
    assert dict(rows.query(REASONS)) == {"BKS-10": 4_000, "SRC-07": -1_121}
    assert sum(push(shop.turn, shop.books).values()) >= 2
    counted = shop.sandbox.world.effects.summary()[shop.books]
    assert {kind: times for kind, times in counted.items() if not kind.startswith("contact")} == CREATED[shop.books]

    rows = shop.refresh()
    assert [plan.deliveries for plan in plans(shop.turn, shop.books)] == [()] * len(SYNCS[shop.books])
    # October as it was, document by document and file by file; two documents more, in November.
    now = shop.documents()
    assert {key: now[key] for key in documents} == documents
    assert {key.removeprefix(f"je:{shop.entity}:") for key in set(now) - set(documents)} == CORRECTIONS
    assert rows.query("select distinct document_date from can_book_documents where memo like '%:correct'") == [
        (date(2026, 11, 1),)
    ]
    assert (shop.files(), frozen.broken(shop.home, shop.closes[0])) == (files, [])
    # The trial balance of each month is ours, corrections in the month that got them; and at the end each balance is the ledger's own.
    assert rows.query(DIFFERING) == []
    assert rows.query(BOOKED) == rows.query(POSTED) != []
    if shop.books == "xero":
        assert reported(shop.sandbox, date(2026, 11, 30)) == NOVEMBER
    # On the way to the books the change leaves October and arrives in November.
    assert dict(rows.query(REASONS)) == {"SRC-07": 0}
    for name in [path.stem for path in identities() if path.stem.removeprefix("assert_").startswith(ASKED)]:
        assert rows.singular_test(name) == [], name

    told = explained(shop, rows)
    (currency,) = told.reported_minor
    assert {change.cause: change.amount_minor for change in told.changes} == {
        "late refund": -4_000,
        "order edited": 1_121,
    }
    assert (told.reported_minor[currency], told.today_minor[currency]) == (30_000, 30_000 - 4_000 + 1_121)
