"""The sheets on which an accountant sees why an account is not the same in ledger and books: account by account, document by document."""

from __future__ import annotations

from xlsxwriter.workbook import Workbook

from orchestration.close.pack_content import Content, Row
from orchestration.close.sheet_formats import Formats, amount, exponent_of, for_print
from orchestration.close.workbook_drill_down import Span, rows_in_groups, tie_out
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
            span = behind[by_account(row)]
            count = str(span.last - span.first + 1)
            sheet.write_url(place, 6, f"internal:'{span.sheet}'!A{span.first + 1}", formats["link"], count)
            tie_out(sheet, formats, place, ("F", "H", "I"), row["difference_minor"], currency, span)
            sheet.conditional_format(place, 8, place, 8, wrong)


def _documents(book: Workbook, formats: Formats, content: Content) -> dict[tuple[str, str], Span]:
    """The sheet of documents, those of an account together; where those of each account stand."""
    rows = [dict(row) | {"told": _told(row)} for row in content.rows("fct_close_account_parts")]
    if not rows:
        return {}
    rows.sort(key=lambda row: (*by_account(row), -abs(row["difference_minor"]), row["document_story"]))
    name_and_title = ("Documents behind", "Why ledger and books differ: the documents behind each account")
    return rows_in_groups(book, formats, content, name_and_title, _DOCUMENTS, rows, by_account, "difference_minor")


def _told(row: Row) -> str:
    words = _STANDINGS[row["standing"]]
    return f"{words}: {row['held_back_reason']}" if row["held_back_reason"] else words
