"""The company file's fixed lists: accounts, items, and customers by display name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
OPENED = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)

# number, name, type, subtype, classification
ACCOUNTS = (
    ("1000", "Bank", "Bank", "Checking", "Asset"),
    ("1100", "Payment clearing", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    ("1130", "Disputed payments", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    ("1200", "Accounts receivable", "Accounts Receivable", "AccountsReceivable", "Asset"),
    ("1300", "Inventory", "Other Current Asset", "Inventory", "Asset"),
    ("2000", "Accounts payable", "Accounts Payable", "AccountsPayable", "Liability"),
    ("2100", "Sales tax payable", "Other Current Liability", "SalesTaxPayable", "Liability"),
    ("2200", "Gift card liability", "Other Current Liability", "OtherCurrentLiabilities", "Liability"),
    ("2340", "Tips payable", "Other Current Liability", "OtherCurrentLiabilities", "Liability"),
    ("3000", "Opening balance equity", "Equity", "OpeningBalanceEquity", "Equity"),
    ("4000", "Product sales", "Income", "SalesOfProductIncome", "Revenue"),
    ("4010", "Discounts", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("4020", "Returns", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("4030", "Shipping income", "Income", "OtherPrimaryIncome", "Revenue"),
    ("5000", "Cost of goods sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense"),
    ("6000", "Processing fees", "Expense", "BankCharges", "Expense"),
    ("6010", "Dispute fees", "Expense", "BankCharges", "Expense"),
    ("1140", "Undeposited funds", "Other Current Asset", "UndepositedFunds", "Asset"),
    ("1120", "Processor reserves", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    ("6005", "Payout fees", "Expense", "BankCharges", "Expense"),
    ("6020", "Platform fees", "Expense", "BankCharges", "Expense"),
    ("9999", "Suspense", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    ("2330", "Customer overpayments", "Other Current Liability", "OtherCurrentLiabilities", "Liability"),
    ("2300", "Deferred revenue", "Other Current Liability", "OtherCurrentLiabilities", "Liability"),
    ("4025", "Allowances", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("4035", "Shipping refunded", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("1110", "Payouts in transit", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    ("1400", "Recoverable tax on fees", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    ("2060", "Carrier balance", "Other Current Liability", "OtherCurrentLiabilities", "Liability"),
    ("2320", "Refunds due", "Other Current Liability", "OtherCurrentLiabilities", "Liability"),
    ("2400", "Processor financing", "Other Current Liability", "LoanPayable", "Liability"),
    ("5100", "Shipping cost", "Cost of Goods Sold", "ShippingFreightDeliveryCos", "Expense"),
    ("6030", "Dispute losses", "Expense", "OtherMiscellaneousServiceCost", "Expense"),
)
ITEMS = (
    ("Product", "4000"), ("Discount", "4010"), ("Return", "4020"), ("Shipping", "4030"), ("Gift card", "2200"),
    ("Sales tax", "2100"), ("Tip", "2340"), ("Fee", "6000"), ("Dispute fee", "6010"),
    ("Deferred revenue", "2300"), ("Allowance", "4025"), ("Shipping refunded", "4035"),
)  # fmt: skip
# name, kind, due days, day of the month, discount percent, discount days
TERMS = (
    ("Due on receipt", "STANDARD", 0, None, None, None), ("Net 15", "STANDARD", 15, None, None, None),
    ("Net 30", "STANDARD", 30, None, None, None), ("Net 60", "STANDARD", 60, None, None, None),
    ("2% 10 Net 30", "STANDARD", 30, None, 2, 10), ("EOM 15", "DATE_DRIVEN", None, 15, None, None),
)  # fmt: skip
ITEM_OF_ACCOUNT = {number: name for name, number in ITEMS}
ACCOUNT_IDS = {row[0]: str(30 + place) for place, row in enumerate(ACCOUNTS, start=1)}
ACCOUNT_NAMES = {row[0]: row[1] for row in ACCOUNTS}
ITEM_IDS = {name: str(place) for place, (name, _) in enumerate(ITEMS, start=1)}


def account_ref(number: str) -> dict[str, str]:
    return {"value": ACCOUNT_IDS[number], "name": ACCOUNT_NAMES[number]}


def item_ref(name: str) -> dict[str, str]:
    return {"value": ITEM_IDS[name], "name": name}


def customer_id(name: str) -> str:
    """An id that depends on the name alone, so that no table of customers has to be kept for a long history."""
    return str(100_000 + int.from_bytes(sha256(name.encode()).digest()[:4], "big") % 900_000_000)


def meta(created: datetime, updated: datetime | None = None) -> dict[str, str]:
    """MetaData: US Pacific with its offset, to the second."""
    return {"CreateTime": pacific(created), "LastUpdatedTime": pacific(updated or created)}


def pacific(moment: datetime) -> str:
    return moment.astimezone(PACIFIC).isoformat(timespec="seconds")


def accounts(currency: str) -> Iterable[dict[str, Any]]:
    """The chart; `AcctNum` is the house's number."""
    for number, name, kind, subtype, classification in ACCOUNTS:
        yield {
            "Id": ACCOUNT_IDS[number],
            "Name": name,
            "FullyQualifiedName": name,
            "AcctNum": number,
            "SubAccount": False,
            "Active": True,
            "Classification": classification,
            "AccountType": kind,
            "AccountSubType": subtype,
            "CurrentBalance": 0,
            "CurrentBalanceWithSubAccounts": 0,
            "CurrencyRef": {"value": currency, "name": "United States Dollar"},
            "domain": "QBO",
            "sparse": False,
            "SyncToken": "0",
            "MetaData": meta(OPENED),
        }


def items() -> Iterable[dict[str, Any]]:
    """Service items, each posting to one account."""
    for name, number in ITEMS:
        yield {
            "Id": ITEM_IDS[name],
            "Name": name,
            "FullyQualifiedName": name,
            "Active": True,
            "Taxable": False,
            "UnitPrice": 0,
            "Type": "Service",
            "IncomeAccountRef": account_ref(number),
            "PurchaseCost": 0,
            "TrackQtyOnHand": False,
            "domain": "QBO",
            "sparse": False,
            "SyncToken": "0",
            "MetaData": meta(OPENED),
        }


def terms() -> Iterable[dict[str, Any]]:
    """Payment terms; those that end on a day of the month have no due days."""
    for place, (name, kind, due, day, percent, days) in enumerate(TERMS, start=1):
        named = {"DueDays": due, "DayOfMonthDue": day, "DiscountPercent": percent, "DiscountDays": days}
        yield {
            "Id": str(place),
            "Name": name,
            "Active": True,
            "Type": kind,
            **{field: value for field, value in named.items() if value is not None},
            "domain": "QBO",
            "sparse": False,
            "SyncToken": "0",
            "MetaData": meta(OPENED),
        }


def customer(name: str, email: str | None, currency: str) -> dict[str, Any]:
    """A customer as somebody typed it in."""
    given, _, family = name.partition(" ")
    return {
        "Id": customer_id(name),
        "DisplayName": name,
        "FullyQualifiedName": name,
        "PrintOnCheckName": name,
        "GivenName": given,
        "FamilyName": family,
        **({"PrimaryEmailAddr": {"Address": email}} if email else {}),
        "Active": True,
        "Taxable": False,
        "Job": False,
        "Balance": 0,
        "BalanceWithJobs": 0,
        "CurrencyRef": {"value": currency, "name": "United States Dollar"},
        "domain": "QBO",
        "sparse": False,
        "SyncToken": "0",
        "MetaData": meta(OPENED),
    }
