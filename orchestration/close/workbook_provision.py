"""The sheet of returns still to come: what was sold, what is expected back of it, and what is provided for."""

from __future__ import annotations

from decimal import Decimal

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from orchestration.close.pack_content import Content, Row
from orchestration.close.sheet_formats import Formats, amount, exponent_of, for_print

_COLUMNS = (
    ("currency", 9), ("method", 14), ("days", 7), ("rate", 9), ("sold in these days", 16), ("expected back", 16), ("given back", 16),
    ("given back beyond", 16), ("provided", 16), ("expected − given back + beyond", 18), ("check (0)", 12), ("worth of the goods", 16),
    ("in the ledger", 22),
)  # fmt: skip


def returns_provision(book: Workbook, formats: Formats, content: Content) -> None:
    """One row a currency; a warehouse without the table gets no sheet, as its checklist says."""
    if not content.has("fct_returns_provisions"):
        return
    sheet = book.add_worksheet("Returns provision")
    sheet.write(0, 0, "Returns still to come", formats["title"])
    for column, (name, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write(2, column, name, formats["head"])
    sheet.freeze_panes(3, 1)
    for_print(sheet, content.close.close_id, (2, 2))
    rows = sorted(content.rows("fct_returns_provisions"), key=lambda row: str(row["currency_code"]))
    for place, row in enumerate(rows, start=3):
        _provision(sheet, formats, row, place)
    if not rows:
        sheet.write(3, 0, "No goods were sold that may still come back.", formats["note"])


def _provision(sheet: Worksheet, formats: Formats, row: Row, place: int) -> None:
    currency, digits, line = row["currency_code"], exponent_of(row["currency_code"]), place + 1
    beyond = row["provision_minor"] - row["expected_minor"] + row["returned_minor"]
    sheet.write_string(place, 0, currency, formats["text"])
    sheet.write_string(place, 1, row["method"] or "nobody stated one", formats["text"])
    if row["return_days"] is not None:
        sheet.write_number(place, 2, row["return_days"], formats["count"])
    sheet.write_string(place, 3, percent(row["return_rate_ppm"]), formats["text"])
    amounts = (row["sold_minor"], row["expected_minor"], row["returned_minor"], beyond, row["provision_minor"])
    for column, minor in enumerate(amounts, start=4):
        sheet.write_number(place, column, amount(minor, currency), formats.money(currency))
    formula = f"=ROUND(F{line}-G{line}+H{line},{digits})"
    sheet.write_formula(place, 9, formula, formats.money(currency), amount(row["provision_minor"], currency))
    sheet.write_formula(place, 10, f"=ROUND(I{line}-J{line},{digits})", formats.money(currency, "check"), 0)
    wrong = {"type": "cell", "criteria": "!=", "value": 0, "format": formats.wrong}
    sheet.conditional_format(place, 10, place, 10, wrong)
    sheet.write_number(place, 11, amount(row["right_to_goods_minor"], currency), formats.money(currency))
    posted = "posted (J-36)" if row["is_posted"] else "shown here only"
    sheet.write_string(place, 12, posted, formats["text"])


def percent(rate_ppm: int | None) -> str:
    """Millionths as people write a rate: 25000 is 2.5 %; empty where there is none."""
    return "" if rate_ppm is None else f"{(Decimal(rate_ppm) / 10_000).normalize():f} %"
