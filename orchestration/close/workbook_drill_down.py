"""The sheets with single rows: parts of atoms and differences by bridge and code, what waits for a person, facts behind the ends."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from orchestration.close.pack_content import Content, Row
from orchestration.close.sheet_formats import Formats, amount, exponent_of, for_print

# Excel takes 1,048,576 rows; a longer table stays in its Parquet file, and the sheet says so.
MOST_ROWS = 1_000_000
HEAD = 3

_DIFFERENCES = (
    ("bridge", "bridge", 26), ("code", "reason_code", 9), ("reason", "reason", 36), ("reference", "reference", 20),
    ("order", "order_id", 26), ("amount", "amount_minor", 14), ("currency", "currency_code", 9), ("from", "from_system", 13),
    ("to", "to_system", 13), ("what the rule saw", "evidence", 60),
)  # fmt: skip
_PARTS = (
    ("bridge", "bridge", 26), ("code", "reason_code", 9), ("part", "part", 10), ("systems", "pair", 26), ("what", "component", 20),
    ("amount", "amount_minor", 14), ("currency", "currency_code", 9), ("gap of the atom", "gap_minor", 14), ("reference", "reference", 20),
    ("order", "order_id", 26), ("what the rule saw", "evidence", 60), ("atom", "money_atom_id", 40), ("difference", "difference_id", 40),
)  # fmt: skip
_FACTS: Mapping[str, tuple[str, tuple[tuple[str, str, int], ...]]] = {
    "fct_order_reconciliation": (
        "Orders",
        (
            ("order", "order_number", 14), ("channel", "channel", 14), ("placed", "order_date", 11), ("policy", "recognition_policy", 14),
            ("recognised", "recognised_date", 11), ("currency", "currency_code", 9), ("total", "total_minor", 14),
            ("captured", "captured_minor", 14), ("gift card", "gift_card_minor", 12), ("on terms", "terms_minor", 12),
            ("outstanding", "outstanding_minor", 12), ("refunded", "refunded_minor", 12), ("id", "order_id", 28),
        ),
    ),
    "fct_net_revenue": (
        "Net revenue",
        (
            ("order", "order_number", 14), ("channel", "channel", 14), ("event", "event_type", 11), ("line", "line_type", 10),
            ("day", "event_date", 11), ("sku", "sku", 16), ("quantity", "quantity", 9), ("currency", "currency_code", 9),
            ("net revenue", "net_revenue_minor", 14), ("tax", "tax_minor", 12), ("discount", "discount_minor", 12),
            ("refund", "refund_id", 24), ("id", "net_revenue_id", 34),
        ),
    ),
    "fct_payouts": (
        "Payouts",
        (
            ("payout", "platform_payout_id", 26), ("platform", "platform", 11), ("sent", "sent_date", 11), ("at the bank", "bank_value_date", 12),
            ("currency", "currency_code", 9), ("amount", "amount_minor", 14), ("bank amount", "bank_amount_minor", 14),
            ("charges", "charges_minor", 14), ("refunds", "refunds_minor", 14), ("disputes", "disputes_minor", 12),
            ("adjustments", "adjustments_minor", 12), ("fees", "fees_minor", 12), ("unexplained", "unexplained_minor", 12),
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Where the rows of a step stand: sheet, column of the amount, first and last row (from nought)."""

    sheet: str
    column: str
    first: int
    last: int
    total_minor: int


Places = Mapping[tuple[str, str, str], Span]
Group = TypeVar("Group", bound=Hashable)


def differences(book: Workbook, formats: Formats, content: Content) -> Places:
    """Every difference of the month, those of one step together; where each step's rows stand."""
    rows = sorted(content.rows("fct_differences"), key=lambda row: (*_step(row), row["difference_id"]))
    name_and_title = ("Differences", "Every difference between two systems")
    return rows_in_groups(book, formats, content, name_and_title, _DIFFERENCES, rows, _place, "amount_minor")


def parts(book: Workbook, formats: Formats, content: Content) -> Places:
    """Every part of an atom of the month, those of one step together; nothing, where a close did not freeze them."""
    if not content.has("fct_money_atom_parts"):
        return {}
    rows = sorted(content.rows("fct_money_atom_parts"), key=lambda row: (*_step(row), row["money_atom_part_id"]))
    title = "Why each amount is not the same in two systems: the rows of every bridge, amount by amount"
    return rows_in_groups(book, formats, content, ("Parts", title), _PARTS, rows, _place, "amount_minor")


def rows_in_groups(
    book: Workbook,
    formats: Formats,
    content: Content,
    name_and_title: tuple[str, str],
    columns: Sequence[tuple[str, str, int]],
    rows: Sequence[Row],
    group_of: Callable[[Row], Group],
    summed: str,
) -> dict[Group, Span]:
    """A sheet of rows that are sorted by group, and where each group stands. No places where the rows are more than a sheet takes."""
    name, title = name_and_title
    sheet = _sheet(book, formats, content, name, title, columns, len(rows))
    if len(rows) > MOST_ROWS:
        return {}
    letter = chr(ord("A") + [field for _, field, _ in columns].index(summed))
    places, place = {}, HEAD + 1
    for group, members in groupby(rows, key=group_of):
        listed = list(members)
        for offset, row in enumerate(listed):
            _write_row(sheet, formats, place + offset, columns, row)
        total = sum(row[summed] for row in listed)
        places[group] = Span(name, letter, place, place + len(listed) - 1, total)
        place += len(listed)
    return places


def tie_out(
    sheet: Worksheet, formats: Formats, place: int, cells: tuple[str, str, str], minor: int, currency: str, span: Span
) -> None:
    """The sum of a group by formula, and the difference to the amount it must make. cells: columns of amount, sum and difference."""
    held, summed, check = cells
    digits, row = exponent_of(currency), place + 1
    group = f"'{span.sheet}'!{span.column}{span.first + 1}:{span.column}{span.last + 1}"
    total, gap = (amount(each, currency) for each in (span.total_minor, minor - span.total_minor))
    sheet.write_formula(f"{summed}{row}", f"=ROUND(SUM({group}),{digits})", formats.money(currency), total)
    sheet.write_formula(
        f"{check}{row}", f"=ROUND({held}{row}-{summed}{row},{digits})", formats.money(currency, "check"), gap
    )


def for_a_person(book: Workbook, formats: Formats, content: Content) -> None:
    """What only a person can settle, the largest first."""
    rows = [row for row in content.rows("fct_differences") if row["needs_a_human"]]
    rows.sort(key=lambda row: (row["currency_code"], -abs(row["amount_minor"]), row["difference_id"]))
    columns = (*_DIFFERENCES, ("what to do", "suggested_action", 30))
    sheet = _sheet(book, formats, content, "For a person", "Differences that wait for a person", columns, len(rows))
    for place, row in enumerate(rows[:MOST_ROWS], start=HEAD + 1):
        _write_row(sheet, formats, place, columns, row)


def facts(book: Workbook, formats: Formats, content: Content) -> None:
    """The facts that make the ends of the bridges, each column of money with its sum above it, per currency."""
    for table, (name, columns) in _FACTS.items():
        rows = sorted(content.rows(table), key=lambda row: row["currency_code"])
        if not content.has(table):
            continue
        sheet = _sheet(book, formats, content, name, f"{name} of the month", columns, len(rows))
        if len(rows) <= MOST_ROWS:
            for place, row in enumerate(rows, start=HEAD + 1):
                _write_row(sheet, formats, place, columns, row)
            _sums(sheet, formats, columns, rows)


def _sums(sheet: Worksheet, formats: Formats, columns: Sequence[tuple[str, str, int]], rows: Sequence[Row]) -> None:
    """Row 3: the sum of each money column, where the month has one currency; sums of two would mean nothing."""
    currencies = {row["currency_code"] for row in rows}
    if len(currencies) != 1:
        return
    (currency,) = currencies
    sheet.write(HEAD - 1, 0, "sum", formats["bold"])
    for column, (_, field, _) in enumerate(columns):
        if field.endswith("_minor"):
            letter = chr(ord("A") + column)
            cells = f"{letter}{HEAD + 2}:{letter}{HEAD + 1 + len(rows)}"
            total = sum(row[field] or 0 for row in rows)
            formula = f"=ROUND(SUM({cells}),{exponent_of(currency)})"
            sheet.write_formula(HEAD - 1, column, formula, formats.money(currency, "total"), amount(total, currency))


def _sheet(
    book: Workbook,
    formats: Formats,
    content: Content,
    name: str,
    title: str,
    columns: Sequence[tuple[str, str, int]],
    rows: int,
) -> Worksheet:
    sheet = book.add_worksheet(name)
    sheet.write(0, 0, title, formats["title"])
    told = f"{rows} rows" if rows <= MOST_ROWS else f"{rows} rows: more than a sheet holds, see the Parquet file"
    sheet.write(1, 0, told, formats["text"])
    for column, (heading, _, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write(HEAD, column, heading, formats["head"])
    sheet.autofilter(HEAD, 0, HEAD + max(1, min(rows, MOST_ROWS)), len(columns) - 1)
    sheet.freeze_panes(HEAD + 1, 1)
    for_print(sheet, content.close.close_id, (HEAD, HEAD))
    return sheet


def _write_row(
    sheet: Worksheet, formats: Formats, place: int, columns: Sequence[tuple[str, str, int]], row: Row
) -> None:
    for column, (_, field, _) in enumerate(columns):
        value: Any = row[field]
        if value is None:
            continue
        if field.endswith("_minor"):
            currency = row["currency_code"]
            sheet.write_number(place, column, amount(value, currency), formats.money(currency))
        elif field.endswith("_date"):
            sheet.write_datetime(place, column, value, formats["day"])
        elif isinstance(value, int) and not isinstance(value, bool):
            sheet.write_number(place, column, value, formats["count"])
        else:
            sheet.write_string(place, column, str(value), formats["text"])


def _step(row: Row) -> tuple[str, str, str, str]:
    """Bridge, currency, code, and within them what a person looks up."""
    return (row["bridge"] or "", row["currency_code"], row["reason_code"], row["reference"] or "")


def _place(row: Row) -> tuple[str, str, str]:
    return _step(row)[:3]
