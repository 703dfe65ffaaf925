"""The sheets an accountant ties out: roll-forwards from opening to closing, and the trial balance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from orchestration.close.pack_content import ROLLED, Content, Row
from orchestration.close.sheet_formats import Formats, amount, exponent_of, for_print

_CLEARING = (
    ("opening balance", ("opening_minor",)), ("charges captured", ("charges_minor",)), ("refunds", ("refunds_minor",)),
    ("fees", ("fees_minor",)), ("disputes, with their fees", ("disputes_minor", "dispute_fees_minor")),
    ("reserves held and released", ("reserves_minor",)), ("currency conversions", ("conversions_minor",)),
    ("adjustments and other charges", ("adjustments_minor",)), ("payouts", ("payouts_minor",)),
)  # fmt: skip
# What a recipe books, for a reader who does not know its number; one that is not here shows its number alone.
_RECIPES = {
    "J-01": "sales", "J-02": "processing fees", "J-03": "refunds", "J-05": "disputes opened", "J-06": "disputes won",
    "J-07": "disputes lost", "J-08": "payouts", "J-09": "payouts returned", "J-11": "payout fees", "J-12": "reserves",
    "J-13": "gift cards sold", "J-14": "sales paid in part by gift card", "J-15": "refunds onto gift cards",
    "J-19": "sales on terms", "J-20": "received from customers", "J-24": "paid in advance, and released",
    "J-26": "sales with several tenders", "J-30": "revaluation", "J-36": "returns still to come", "J-39": "corrections of closed months",
}  # fmt: skip
_TRIAL_BALANCE = (
    ("account", 10), ("name", 34), ("type", 14), ("currency", 9), ("opening", 16), ("debits", 16), ("credits", 16),
    ("closing", 16), ("opening + debits − credits", 18), ("check (0)", 12),
)  # fmt: skip


@dataclass(frozen=True)
class Roll:
    """A balance from opening to closing by what moved it."""

    title: str
    currency_code: str
    opening_minor: int
    moves: tuple[tuple[str, int], ...]
    closing_minor: int
    # What the closing is held against, with its name; None where nobody says one.
    against: tuple[str, int] | None


def roll_forwards(book: Workbook, formats: Formats, content: Content) -> None:
    """Clearing by the processor's movements, and each rolled account of the ledger by the recipes that moved it."""
    sheet = book.add_worksheet("Roll-forwards")
    for column, width in enumerate((40, 18, 60)):
        sheet.set_column(column, column, width)
    sheet.write(0, 0, "Roll-forwards", formats["title"])
    sheet.freeze_panes(2, 1)
    for_print(sheet, content.close.close_id)
    place = 2
    for roll in (*_clearing(content), *_accounts(content)):
        place = _roll(sheet, formats, roll, place) + 2
    if not content.has("fct_journal_lines"):
        told = "The ledger's accounts (gift cards, tax, deferred revenue, receivables) are not built in this warehouse."
        sheet.write(place, 0, told, formats["note"])


def _clearing(content: Content) -> list[Roll]:
    found = []
    for row in content.rows("fct_clearing_months"):
        moves = tuple((label, sum(row[field] for field in fields)) for label, fields in _CLEARING[1:])
        reported = row["reported_closing_minor"]
        against = None if reported is None else ("balance the processor reports", reported)
        title = f"Clearing {row['platform']}:{row['account_id']}, {row['currency_code']}"
        found.append(
            Roll(title, row["currency_code"], row["opening_minor"], moves, row["computed_closing_minor"], against)
        )
    return found


def _accounts(content: Content) -> list[Roll]:
    moved: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    # The trial balance holds what may be posted; an entry that is held is a line of the checklist.
    held = {entry["entry_id"] for entry in content.rows("fct_journal_entries") if entry["entry_status"] == "held"}
    for line in content.rows("fct_journal_lines"):
        if line["entry_id"] not in held:
            moved[line["account_number"], line["currency_code"]][line["recipe"]] += line["signed_minor"]
    found = []
    for row in sorted(content.rows("fct_trial_balance"), key=by_account):
        if row["account_type"] not in ROLLED:
            continue
        account, currency = row["account_number"], row["currency_code"]
        moves = tuple((_named(recipe), minor) for recipe, minor in sorted(moved[account, currency].items()))
        closing = row["opening_minor"] + sum(minor for _, minor in moves)
        against = ("closing in the trial balance", row["closing_minor"])
        found.append(
            Roll(
                f"{account} {row['account_name']}, {currency}", currency, row["opening_minor"], moves, closing, against
            )
        )
    return found


def _named(recipe: str) -> str:
    return f"{recipe} {_RECIPES[recipe]}" if recipe in _RECIPES else recipe


def _roll(sheet: Worksheet, formats: Formats, roll: Roll, top: int) -> int:
    """Writes one roll-forward; the last row it used."""
    currency, digits = roll.currency_code, exponent_of(roll.currency_code)
    sheet.write(top, 0, roll.title, formats["head"])
    sheet.write(top, 1, currency, formats["head"])
    rows = [("opening", roll.opening_minor), *roll.moves]
    for place, (label, minor) in enumerate(rows, start=top + 1):
        sheet.write_string(place, 0, label, formats["text"])
        sheet.write_number(place, 1, amount(minor, currency), formats.money(currency))
    first, last = top + 1, top + len(rows)
    sheet.write(last + 1, 0, "closing = sum of the rows", formats["bold"])
    formula = f"=ROUND(SUM(B{first + 1}:B{last + 1}),{digits})"
    total = amount(roll.opening_minor + sum(minor for _, minor in roll.moves), currency)
    sheet.write_formula(last + 1, 1, formula, formats.money(currency, "total"), total)
    if roll.against is None:
        sheet.write(last + 2, 0, "nothing else says this balance: the processor tells today's only", formats["note"])
        return last + 2
    label, minor = roll.against
    sheet.write(last + 2, 0, label, formats["text"])
    sheet.write_number(last + 2, 1, amount(minor, currency), formats.money(currency))
    sheet.write(last + 3, 0, "check: must be 0", formats["note"])
    formula = f"=ROUND(B{last + 2}-B{last + 3},{digits})"
    gap = amount(roll.closing_minor - minor, currency)
    sheet.write_formula(last + 3, 1, formula, formats.money(currency, "check"), gap)
    sheet.conditional_format(
        last + 3, 1, last + 3, 1, {"type": "cell", "criteria": "!=", "value": 0, "format": formats.wrong}
    )
    return last + 3


def trial_balance(book: Workbook, formats: Formats, content: Content) -> None:
    """Every account with its balance; debits and credits of a currency are equal, and all closings of it are nought."""
    sheet = book.add_worksheet("Trial balance")
    sheet.write(0, 0, f"Trial balance {content.close.period_month}", formats["title"])
    for_print(sheet, content.close.close_id, (2, 2))
    if not content.has("fct_trial_balance"):
        sheet.write(1, 0, "fct_trial_balance is not built in this warehouse.", formats["note"])
        return
    for column, (name, width) in enumerate(_TRIAL_BALANCE):
        sheet.set_column(column, column, width)
        sheet.write(2, column, name, formats["head"])
    sheet.freeze_panes(3, 2)
    rows = sorted(content.rows("fct_trial_balance"), key=by_account)
    place = 3
    for currency in sorted({row["currency_code"] for row in rows}):
        mine = [row for row in rows if row["currency_code"] == currency]
        for offset, row in enumerate(mine):
            _account(sheet, formats, row, place + offset)
        place = _balance(sheet, formats, currency, mine, place) + 2


def _account(sheet: Worksheet, formats: Formats, row: Row, place: int) -> None:
    currency, digits = row["currency_code"], exponent_of(row["currency_code"])
    for column, field in enumerate(("account_number", "account_name", "account_type", "currency_code")):
        sheet.write_string(place, column, str(row[field] or ""), formats["text"])
    for column, field in enumerate(("opening_minor", "debits_minor", "credits_minor", "closing_minor"), start=4):
        sheet.write_number(place, column, amount(row[field], currency), formats.money(currency))
    line = place + 1
    rolled = row["opening_minor"] + row["debits_minor"] - row["credits_minor"]
    sheet.write_formula(
        place, 8, f"=ROUND(E{line}+F{line}-G{line},{digits})", formats.money(currency), amount(rolled, currency)
    )
    gap = amount(row["closing_minor"] - rolled, currency)
    sheet.write_formula(place, 9, f"=ROUND(H{line}-I{line},{digits})", formats.money(currency, "check"), gap)


def _balance(sheet: Worksheet, formats: Formats, currency: str, rows: Sequence[Row], top: int) -> int:
    """The sums of a currency under its accounts; the last row used."""
    digits, last = exponent_of(currency), top + len(rows)
    sheet.write(last, 1, f"sum {currency}", formats["bold"])
    for column, field in enumerate(("opening_minor", "debits_minor", "credits_minor", "closing_minor"), start=4):
        letter = chr(ord("A") + column)
        formula = f"=ROUND(SUM({letter}{top + 1}:{letter}{last}),{digits})"
        total = amount(sum(row[field] for row in rows), currency)
        sheet.write_formula(last, column, formula, formats.money(currency, "total"), total)
    sheet.write(last + 1, 1, "debits − credits: must be 0", formats["note"])
    gap = amount(sum(row["debits_minor"] - row["credits_minor"] for row in rows), currency)
    formula = f"=ROUND(F{last + 1}-G{last + 1},{digits})"
    sheet.write_formula(last + 1, 5, formula, formats.money(currency, "check"), gap)
    for cells in (f"J{top + 1}:J{last}", f"F{last + 2}"):
        sheet.conditional_format(cells, {"type": "cell", "criteria": "!=", "value": 0, "format": formats.wrong})
    return last + 1


def by_account(row: Row) -> tuple[str, str]:
    """The order of accounts on a sheet."""
    return (row["account_number"], row["currency_code"])
