"""The organisation's fixed lists: accounts with the house's numbers as codes, tax rates, and the old JSON form of dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

Record = dict[str, Any]

_SPACE = UUID("6f0c5a52-6f4e-4f6b-9d5e-0c1f5d6a7b80")
OPENED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BANK_TYPE = "BANK"
RECEIVABLE, TAX, RETAINED = "1200", "2100", "3200"

# code, name, type, class, system account, may payments go there
ACCOUNTS = (
    ("1000", "Bank", "BANK", "ASSET", "", False),
    ("1100", "Payment clearing", "BANK", "ASSET", "", False),
    ("1110", "Payouts in transit", "CURRENT", "ASSET", "", True),
    ("1120", "Processor reserves", "CURRENT", "ASSET", "", True),
    ("1130", "Disputed funds", "CURRENT", "ASSET", "", True),
    ("1140", "Till and manual gateways", "CURRENT", "ASSET", "", True),
    (RECEIVABLE, "Accounts receivable", "CURRENT", "ASSET", "DEBTORS", False),
    ("1400", "Recoverable tax on fees", "CURRENT", "ASSET", "", False),
    ("1300", "Inventory", "INVENTORY", "ASSET", "", False),
    (TAX, "VAT", "CURRLIAB", "LIABILITY", "GST", False),
    ("2060", "Carrier balance", "CURRLIAB", "LIABILITY", "", True),
    ("2120", "Duties collected", "CURRLIAB", "LIABILITY", "", False),
    ("2200", "Gift card liability", "CURRLIAB", "LIABILITY", "", True),
    ("2210", "Store credit liability", "CURRLIAB", "LIABILITY", "", True),
    ("2300", "Deferred revenue", "CURRLIAB", "LIABILITY", "", True),
    ("2320", "Refunds due", "CURRLIAB", "LIABILITY", "", True),
    ("2330", "Customer overpayments", "CURRLIAB", "LIABILITY", "", True),
    ("2340", "Tips owed to staff", "CURRLIAB", "LIABILITY", "", False),
    ("2400", "Processor financing", "TERMLIAB", "LIABILITY", "", False),
    (RETAINED, "Retained earnings", "EQUITY", "EQUITY", "RETAINEDEARNINGS", False),
    ("4000", "Product sales", "REVENUE", "REVENUE", "", False),
    ("4010", "Discounts", "REVENUE", "REVENUE", "", True),
    ("4020", "Returns", "REVENUE", "REVENUE", "", False),
    ("4025", "Allowances", "REVENUE", "REVENUE", "", False),
    ("4030", "Shipping income", "REVENUE", "REVENUE", "", False),
    ("4035", "Shipping refunded", "REVENUE", "REVENUE", "", False),
    ("4060", "Fees charged to customers", "REVENUE", "REVENUE", "", False),
    ("5000", "Cost of goods sold", "DIRECTCOSTS", "EXPENSE", "", False),
    ("5100", "Shipping cost", "DIRECTCOSTS", "EXPENSE", "", False),
    ("6000", "Payment processing fees", "EXPENSE", "EXPENSE", "", False),
    ("6005", "Payout fees", "EXPENSE", "EXPENSE", "", False),
    ("6010", "Dispute fees", "EXPENSE", "EXPENSE", "", False),
    ("6020", "Platform fees", "EXPENSE", "EXPENSE", "", False),
    ("6030", "Dispute losses", "EXPENSE", "EXPENSE", "", False),
    ("6040", "Bad debt", "EXPENSE", "EXPENSE", "", True),
    ("7000", "Realised currency gains", "EXPENSE", "EXPENSE", "", False),
    ("7010", "Unrealised currency gains", "EXPENSE", "EXPENSE", "", False),
    ("7090", "Rounding", "EXPENSE", "EXPENSE", "ROUNDING", False),
    ("9999", "Suspense", "CURRLIAB", "LIABILITY", "", True),
)
# tax type, name, percent: the organisation set up one rate for each country it is registered for, and the zero ones.
TAX_RATES = (
    ("OUTPUT", "VAT 19 %", "19.00"),
    ("OUTPUT2", "VAT 7 %", "7.00"),
    ("INPUT", "VAT on purchases", "19.00"),
    ("TAX001", "DE 16", "16.00"),
    ("TAX002", "DE 5", "5.00"),
    ("TAX003", "OSS AT 20", "20.00"),
    ("TAX004", "OSS AT 10", "10.00"),
    ("TAX005", "OSS BE 21", "21.00"),
    ("TAX006", "OSS BE 6", "6.00"),
    ("TAX007", "OSS DK 25", "25.00"),
    ("TAX008", "OSS ES 21", "21.00"),
    ("TAX009", "OSS ES 4", "4.00"),
    ("TAX010", "OSS FR 20", "20.00"),
    ("TAX011", "OSS FR 5.5", "5.50"),
    ("TAX012", "OSS IT 22", "22.00"),
    ("TAX013", "OSS IT 4", "4.00"),
    ("TAX014", "OSS NL 21", "21.00"),
    ("TAX015", "OSS NL 9", "9.00"),
    ("TAX016", "OSS PL 23", "23.00"),
    ("TAX017", "OSS PL 5", "5.00"),
    ("TAX018", "OSS SE 25", "25.00"),
    ("TAX019", "OSS SE 6", "6.00"),
    ("ECOUTPUT", "Reverse charge", "0.00"),
    ("EXEMPTOUTPUT", "Tax owed by a marketplace", "0.00"),
    ("ZERORATEDOUTPUT", "Exports", "0.00"),
    ("NONE", "No VAT", "0.00"),
)


def identity(kind: str, name: str | int) -> str:
    """The GUID of a thing; the same thing has the same one in every run."""
    return str(uuid5(_SPACE, f"{kind} {name}"))


def account_id(code: str) -> str:
    return identity("account", code)


def accounts(currency: str) -> Iterable[Record]:
    """The chart of accounts; `Code` is the house's number. Only bank accounts have a currency of their own."""
    for code, name, kind, group, system, takes_payments in ACCOUNTS:
        bank = {"BankAccountNumber": f"DE{code}0000", "BankAccountType": "BANK", "CurrencyCode": currency}
        yield {
            "AccountID": account_id(code),
            "Code": code,
            "Name": name,
            "Status": "ACTIVE",
            "Type": kind,
            "TaxType": "NONE",
            "Class": group,
            **({"SystemAccount": system} if system else {}),
            **(bank if kind == BANK_TYPE else {}),
            "EnablePaymentsToAccount": takes_payments,
            "ShowInExpenseClaims": False,
            "ReportingCode": "",
            "HasAttachments": False,
            "UpdatedDateUTC": OPENED,
            "AddToWatchlist": False,
        }


def tax_rates() -> Iterable[Record]:
    for kind, name, percent in TAX_RATES:
        rate = Decimal(percent)
        yield {
            "Name": name,
            "TaxType": kind,
            "ReportTaxType": "INPUT" if kind == "INPUT" else "NONE" if kind == "NONE" else "OUTPUT",
            "CanApplyToAssets": True,
            "CanApplyToEquity": True,
            "CanApplyToExpenses": True,
            "CanApplyToLiabilities": True,
            "CanApplyToRevenue": True,
            "DisplayTaxRate": rate,
            "EffectiveRate": rate,
            "Status": "ACTIVE",
            "TaxComponents": [{"Name": name, "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}],
        }


def organisation(currency: str, lock_date: date | None) -> Record:
    return {
        "OrganisationID": identity("organisation", "main"),
        "Name": "Sandbox Europe",
        "LegalName": "Sandbox Europe GmbH",
        "PaysTax": True,
        "Version": "GLOBAL",
        "OrganisationType": "COMPANY",
        "BaseCurrency": currency,
        "CountryCode": "DE",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 12,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "MONTHLY",
        **({"PeriodLockDate": lock_date} if lock_date else {}),
        "CreatedDateUTC": OPENED,
        "Timezone": "WEUROPESTANDARDTIME",
        "ShortCode": "!sandbox",
        "Class": "PREMIUM",
        "Edition": "BUSINESS",
    }


def wire(value: Any) -> Any:
    """A record as Xero's JSON has it: dates in the old `/Date(ms+0000)/` form, a bare day at midnight."""
    if isinstance(value, datetime):
        return f"/Date({int(value.timestamp() * 1000)}+0000)/"
    if isinstance(value, date):
        return f"/Date({int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp() * 1000)}+0000)/"
    if isinstance(value, dict):
        shown = {name: wire(part) for name, part in value.items()}
        for name in ("Date", "DueDate"):
            if isinstance(value.get(name), date):
                shown[f"{name}String"] = f"{value[name].isoformat()}T00:00:00"
        return shown
    return [wire(part) for part in value] if isinstance(value, list) else value
