"""The sheets on which an accountant sees why an account is not the same in ledger and books: account by account, document by document."""

from __future__ import annotations

from itertools import groupby

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from orchestration.close.pack_content import Content, Row
from orchestration.close.sheet_formats import Formats, amount, exponent_of, for_print
from orchestration.close.workbook_drill_down import HEAD, MOST_ROWS, Span, sheet_of_rows, write_row
from orchestration.close.workbook_ledger import by_account

_ACCOUNTS = (
    ("account", 10), ("name", 34), ("currency", 9), ("our ledger", 16), ("the books", 16), ("books − ledger", 16), ("documents behind it", 12),
    ("sum of the documents", 16), ("check (0)", 12),
)  # fmt: skip
_DOCUMENTS = (
    ("account", "account_number", 10), ("standing", "told", 44), ("document", "document_number", 24), ("day", "document_date", 11),
    ("in the books", "documents", 9), ("should post", "expected_minor", 16), ("posts", "booked_minor", 16), ("books − ledger", "difference_minor", 16),
    ("currency", "currency_code", 9), ("about", "document_story", 60),
)  # fmt: skip
_STANDINGS = {
    "missing": "not in the books: the next push posts it", "held_back": "not in the books, and waits", "differs": "posted otherwise, or twice",
    "other_month": "in another month than its event", "nobodys": "typed by somebody, about nothing we know",
    "no_document": "in our ledger, and no document books it",
}  # fmt: skip
_SHEET, _DIFFERENCE = "Documents behind", "H"


def against_books(book: Workbook, formats: Formats, content: Content) -> None:
    """What each account moved in our ledger and in the books, and the documents that make the difference, which sum to it."""
    if not content.has("fct_close_trial_balance"):
        return
    sheet = book.add_worksheet("Ledger and books")
    sheet.write(0, 0, "Movements of the month: our ledger beside the books", formats["title"])
    for column, (name, width) in enumerate(_ACCOUNTS):
        sheet.set_column(column, column, width)
        sheet.write(2, column, name, formats["head"])
    sheet.freeze_panes(3, 2)
    for_print(sheet, content.close.close_id, (2, 2))
    behind = _documents(book, formats, content)
    for place, row in enumerate(sorted(content.rows("fct_close_trial_balance"), key=by_account), start=3):
        currency = row["currency_code"]
        for column, field in enumerate(("account_number", "account_name", "currency_code")):
            sheet.write_string(place, column, str(row[field] or ""), formats["text"])
        for column, field in enumerate(("ledger_minor", "books_minor"), start=3):
            sheet.write_number(place, column, amount(row[field], currency), formats.money(currency))
        formula = f"=ROUND(E{place + 1}-D{place + 1},{exponent_of(currency)})"
        gap = amount(row["difference_minor"], currency)
        sheet.write_formula(place, 5, formula, formats.money(currency, "check"), gap)
        wrong = {"type": "cell", "criteria": "!=", "value": 0, "format": formats.wrong}
        sheet.conditional_format(place, 5, place, 5, wrong)
        if by_account(row) in behind:
            _sum_of_documents(sheet, formats, place, row, behind[by_account(row)])
            sheet.conditional_format(place, 8, place, 8, wrong)


def _documents(book: Workbook, formats: Formats, content: Content) -> dict[tuple[str, str], Span]:
    """The sheet of documents, those of an account together; where those of each account stand."""
    rows = [dict(row) | {"told": _told(row)} for row in content.rows("fct_close_account_parts")]
    if not rows:
        return {}
    rows.sort(key=lambda row: (*by_account(row), -abs(row["difference_minor"]), row["document_story"]))
    title = "Why ledger and books differ: the documents behind each account"
    sheet = sheet_of_rows(book, formats, content, _SHEET, title, _DOCUMENTS, len(rows))
    if len(rows) > MOST_ROWS:
        return {}
    places, place = {}, HEAD + 1
    for account, group in groupby(rows, key=by_account):
        listed = list(group)
        for offset, row in enumerate(listed):
            write_row(sheet, formats, place + offset, _DOCUMENTS, row)
        total = sum(row["difference_minor"] for row in listed)
        places[account] = Span(_SHEET, _DIFFERENCE, place, place + len(listed) - 1, total)
        place += len(listed)
    return places


def _sum_of_documents(sheet: Worksheet, formats: Formats, place: int, row: Row, span: Span) -> None:
    """A link to the first document of the account, their sum by formula, and what it lacks of the difference."""
    currency = row["currency_code"]
    digits = exponent_of(currency)
    sheet.write_url(
        place, 6, f"internal:'{span.sheet}'!A{span.first + 1}", formats["link"], str(span.last - span.first + 1)
    )
    cells = f"'{span.sheet}'!{span.column}{span.first + 1}:{span.column}{span.last + 1}"
    total, gap = (amount(minor, currency) for minor in (span.total_minor, row["difference_minor"] - span.total_minor))
    sheet.write_formula(place, 7, f"=ROUND(SUM({cells}),{digits})", formats.money(currency), total)
    sheet.write_formula(place, 8, f"=ROUND(F{place + 1}-H{place + 1},{digits})", formats.money(currency, "check"), gap)


def _told(row: Row) -> str:
    words = _STANDINGS[row["standing"]]
    return f"{words}: {row['held_back_reason']}" if row["held_back_reason"] else words
