"""QuickBooks' documents to balanced postings on the house's account numbers."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.transform.raw_rows import RawRows

SHARED = Path(__file__).parents[3] / "shared"
STAMP = "2026-10-05T06:00:00-07:00"

# Id → number, name. Ids differ from numbers, so that a mapping that mixes them up shows.
ACCOUNTS = {
    "35": ("1000", "Bank"),
    "36": ("1100", "Clearing"),
    "84": ("1200", "Accounts receivable"),
    "90": ("2100", "Sales tax payable"),
    "79": ("4000", "Product sales"),
    "80": ("4010", "Discounts"),
    "81": ("4020", "Returns"),
    "82": ("4030", "Shipping income"),
    "99": ("6000", "Payment processing fees"),
}
ITEMS = {"11": ("Product", "79"), "12": ("Discount", "80"), "13": ("Return", "81"), "14": ("Shipping", "82")}


def record(number: str, **fields: object) -> dict:
    return {"Id": number, "SyncToken": "0", "LastUpdatedTime": STAMP, "MetaData": {"LastUpdatedTime": STAMP}, **fields}


def document(number: str, total: str | None, lines: list[dict], **fields: object) -> dict:
    header = {"TxnDate": "2026-10-05", "CurrencyRef": {"value": "USD"}, "Line": lines}
    if total is not None:
        header["TotalAmt"] = Decimal(total)
    return record(number, **(header | fields))


def sold(item: str, amount: str, **detail: object) -> dict:
    reference = {"ItemRef": {"value": item, "name": ITEMS.get(item, ("",))[0]}, **detail}
    return {"DetailType": "SalesItemLineDetail", "Amount": Decimal(amount), "SalesItemLineDetail": reference}


def posted(kind: str, account: str, amount: str, **detail: object) -> dict:
    return {"DetailType": kind, "Amount": Decimal(amount), kind: {"AccountRef": {"value": account}, **detail}}


def books(resource: str, *documents: dict) -> RawRows:
    accounts = [record(n, AcctNum=number, Name=name, Active=True) for n, (number, name) in ACCOUNTS.items()]
    items = [record(n, Name=name, IncomeAccountRef={"value": account}) for n, (name, account) in ITEMS.items()]
    rows = RawRows().raw("quickbooks", "accounts", accounts).raw("quickbooks", "items", items)
    return rows.raw("quickbooks", resource, documents)


def postings(rows: RawRows) -> list[tuple]:
    """(account number, signed minor units) of every posting, after proving that documents balance."""
    rows.mapped("book_documents", "quickbooks").mapped("book_lines", "quickbooks")
    assert rows.singular_test("assert_book_documents_balance") == []
    return rows.query(
        "select account_number, signed_minor from {{ ref('can_book_lines') }} order by document_id, line_number"
    )


SALE = [
    sold("11", "100.00"),
    sold("12", "-10.00"),
    sold("14", "5.00"),
    {"DetailType": "SubTotalLineDetail", "Amount": 95},
]
FEE_ENTRY = [
    posted("JournalEntryLineDetail", "99", "3.58", PostingType="Debit"),
    posted("JournalEntryLineDetail", "36", "3.58", PostingType="Credit"),
]
TAX = {"TotalTax": Decimal("18.05"), "TaxLine": [{"Amount": Decimal("18.05")}]}
CLEARING = {"value": "36"}


@pytest.mark.parametrize(
    ("resource", "written", "expected"),
    [
        (  # 100 − 10 + 5 + 18.05 tax = 113.05 into clearing
            "sales_receipts",
            document("1", "113.05", SALE, TxnTaxDetail=TAX, DepositToAccountRef=CLEARING),
            [("4000", -10000), ("4010", 1000), ("4030", -500), ("2100", -1805), ("1100", 11305)],
        ),
        (  # a discount line names neither item nor account: 4010; shipping is a built-in item: 4030
            "sales_receipts",
            document(
                "1",
                "95",
                [
                    sold("11", "100.00"),
                    {"DetailType": "DiscountLineDetail", "Amount": Decimal("10.00"), "DiscountLineDetail": {}},
                    sold("SHIPPING_ITEM_ID", "5.00"),
                ],
                DepositToAccountRef=CLEARING,
            ),
            [("4000", -10000), ("4010", 1000), ("4030", -500), ("1100", 9500)],
        ),
        (  # the account a line names itself wins over its item's
            "sales_receipts",
            document("1", "7", [sold("11", "7.00", ItemAccountRef={"value": "82"})], DepositToAccountRef=CLEARING),
            [("4030", -700), ("1100", 700)],
        ),
        (  # a bundle posts its parts: 30 + 12.50 = 42.50
            "sales_receipts",
            document(
                "1",
                "42.50",
                [
                    {
                        "DetailType": "GroupLineDetail",
                        "Amount": Decimal("42.50"),
                        "GroupLineDetail": {"Line": [sold("11", "30.00"), sold("14", "12.50")]},
                    }
                ],
                DepositToAccountRef=CLEARING,
            ),
            [("4000", -3000), ("4030", -1250), ("1100", 4250)],
        ),
        (
            "refund_receipts",
            document(
                "1",
                "47.60",
                [sold("13", "40.00")],
                TxnTaxDetail={"TotalTax": Decimal("7.6")},
                DepositToAccountRef=CLEARING,
            ),
            [("4020", 4000), ("2100", 760), ("1100", -4760)],
        ),
        (
            "invoices",
            document("1", "113.05", SALE, TxnTaxDetail=TAX),
            [("4000", -10000), ("4010", 1000), ("4030", -500), ("2100", -1805), ("1200", 11305)],
        ),
        (  # 20 of 100 paid with the invoice
            "invoices",
            document(
                "1",
                "100",
                [sold("11", "100")],
                Deposit=Decimal("20"),
                DepositToAccountRef=CLEARING,
                ARAccountRef={"value": "84"},
            ),
            [("4000", -10000), ("1100", 2000), ("1200", 8000)],
        ),
        ("credit_memos", document("1", "40", [sold("13", "40")]), [("4020", 4000), ("1200", -4000)]),
        (  # 1,000 from clearing less 29 fee, 50 taken as cash into another account: 921 at the bank
            "deposits",
            document(
                "1",
                "921",
                [posted("DepositLineDetail", "36", "1000"), posted("DepositLineDetail", "99", "-29")],
                DepositToAccountRef={"value": "35"},
                CashBack={"AccountRef": {"value": "99"}, "Amount": Decimal("50")},
            ),
            [("1100", -100000), ("6000", 2900), ("1000", 92100), ("6000", 5000)],
        ),
        (
            "journal_entries",
            document("1", None, FEE_ENTRY),
            [("6000", 358), ("1100", -358)],
        ),
        (
            "payments",
            document("1", "600", [{"Amount": 600, "LinkedTxn": [{"TxnId": "7"}]}], DepositToAccountRef={"value": "35"}),
            [("1000", 60000), ("1200", -60000)],
        ),
    ],
)
def test_a_document_posts_its_lines_and_the_sides_its_header_implies(
    resource: str, written: dict, expected: list[tuple[str, int]]
) -> None:
    assert postings(books(resource, written)) == expected


def test_a_line_left_out_or_read_twice_is_found_out_of_balance() -> None:
    rows = books("sales_receipts", document("1", "113.05", SALE, DepositToAccountRef=CLEARING))
    rows.mapped("book_documents", "quickbooks").mapped("book_lines", "quickbooks")
    assert rows.singular_test("assert_book_documents_balance") == [("quickbooks:main:1", "sales_receipt", 1805, 4)]


def test_a_document_carries_number_party_memo_time_in_utc_and_total() -> None:
    receipt = document(
        "145",
        "10.50",
        [sold("11", "10.50")],
        DocNumber="#1042",
        PrivateNote="je:main:x",
        CustomerRef={"value": "5", "name": "Ada"},
    )
    columns = "document_id, document_type, document_number, document_date, total_minor, party_name, memo, updated_at, is_deleted"
    assert books("sales_receipts", receipt).query(
        f"select {columns} from {{{{ ref('can_book_documents__quickbooks') }}}}"
    ) == [
        (
            "quickbooks:main:145",
            "sales_receipt",
            "#1042",
            date(2026, 10, 5),
            1050,
            "Ada",
            "je:main:x",
            datetime(2026, 10, 5, 13),  # noqa: DTZ001 - the warehouse's plain UTC
            False,
        )
    ]


def test_a_journal_entrys_total_is_its_debits() -> None:
    rows = books("journal_entries", document("1", None, FEE_ENTRY), document("2", "0", FEE_ENTRY))
    assert rows.query("select total_minor from {{ ref('can_book_documents__quickbooks') }}") == [(358,), (358,)]


def test_only_the_deleted_document_of_the_same_kind_is_marked() -> None:
    rows = books("sales_receipts", document("1", "0", []), document("2", "0", []))
    gone = [
        {"entity": "SalesReceipt", "id": "2", "LastUpdatedTime": STAMP},
        {"entity": "Customer", "id": "1", "LastUpdatedTime": STAMP},
    ]
    rows.raw("quickbooks", "deletions", gone)
    query = "select platform_document_id, is_deleted from {{ ref('can_book_documents__quickbooks') }} order by 1"
    assert rows.query(query) == [("1", False), ("2", True)]


def test_an_account_without_a_number_keeps_its_name_and_has_no_number() -> None:
    rows = books("payments", document("1", "6", [], DepositToAccountRef={"value": "77"}))
    rows.raw("quickbooks", "accounts", [record("77", Name="Undeposited Funds")])
    query = "select account_number, account_name, signed_minor from {{ ref('can_book_lines__quickbooks') }} order by line_number"
    assert rows.query(query) == [(None, "Undeposited Funds", 600), ("1200", "Accounts receivable", -600)]


def test_an_inactive_account_with_the_same_number_adds_no_posting() -> None:
    rows = books("invoices", document("1", "6", [sold("11", "6")]))
    rows.raw("quickbooks", "accounts", [record("78", AcctNum="1200", Name="Old receivables", Active=False)])
    assert postings(rows) == [("4000", -600), ("1200", 600)]


def test_yen_and_dinar_documents_follow_their_exponents() -> None:
    for currency, total, minor in (("JPY", "500", 500), ("KWD", "1.234", 1234), ("JPY", "0.5", None)):
        written = document("1", total, [sold("11", total)], DepositToAccountRef=CLEARING)
        written["CurrencyRef"] = {"value": currency}
        query = "select total_minor, currency_code from {{ ref('can_book_documents__quickbooks') }}"
        assert books("sales_receipts", written).query(query) == [(minor, currency)]


# --- recorded tables --------------------------------------------------------------------------------------------------


def recorded(name: str) -> list[dict[str, str]]:
    path = SHARED / f"payloads/quickbooks/connector_seed/{name}.csv"
    if not path.is_file():
        pytest.skip(f"the recorded tables are not at {path}")
    return list(csv.DictReader(path.open()))


def test_recorded_payments_keep_every_cent() -> None:
    payments = recorded("payment_data")
    written = [
        document(
            row["id"],
            row["total_amount"],
            [],
            CurrencyRef={"value": row["currency_id"]},
            TxnDate=row["transaction_date"],
            UnappliedAmt=Decimal(row["unapplied_amount"] or "0"),
        )
        for row in payments
    ]
    rows = books("payments", *written)
    found = dict(
        rows.query("select currency_code, sum(total_minor) from {{ ref('can_book_documents__quickbooks') }} group by 1")
    )
    expected: dict[str, int] = {}
    for row in payments:
        currency = row["currency_id"]
        expected[currency] = expected.get(currency, 0) + int(Decimal(row["total_amount"]) * 100)
    assert found == expected
    assert len(postings(rows)) == 2 * len(payments)


def test_recorded_invoice_lines_keep_every_cent_as_postings() -> None:
    lines: dict[str, list[dict]] = {}
    for row in recorded("invoice_line_data"):
        if row["amount"] and (row["detail_type"] or "SalesItemLineDetail") == "SalesItemLineDetail":
            lines.setdefault(row["invoice_id"], []).append(sold("11", row["amount"]))
    written = [
        document(number, str(sum(line["Amount"] for line in of_invoice)), of_invoice)
        for number, of_invoice in lines.items()
    ]
    total = sum(int(line["Amount"] * 100) for of_invoice in lines.values() for line in of_invoice)
    found = postings(books("invoices", *written))
    assert sum(amount for account, amount in found if account == "4000") == -total
    assert sum(amount for account, amount in found if account == "1200") == total
