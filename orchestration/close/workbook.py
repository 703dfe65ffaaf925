"""The close pack's workbook: what an accountant opens first.

Every total stands beside a formula over the rows it is made of and a cell with their difference, which must be nought; the
links of a bridge lead to the rows behind each step. The bytes depend on the close alone.
"""

from __future__ import annotations

from pathlib import Path

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from orchestration.close import workbook_books, workbook_drill_down, workbook_ledger, workbook_provision
from orchestration.close.month import spoken
from orchestration.close.pack_content import Bridge, Content, Step
from orchestration.close.sheet_formats import Formats, amount, exponent_of, for_print
from orchestration.close.workbook_drill_down import Places

_CHECKLIST = (
    ("step", 18), ("check", 28), ("verdict", 14), ("what must hold", 46), ("what was found", 52), ("amount", 14),
    ("currency", 9), ("from", 22),
)  # fmt: skip
_BRIDGE = (
    ("", 4), ("step", 46), ("code", 10), ("amount", 16), ("rows", 8), ("sum of the rows", 16), ("check (0)", 12),
)  # fmt: skip


def write(content: Content, file: Path) -> None:
    """Write the workbook of a close; the same close gives the same bytes."""
    close = content.close
    book = Workbook(str(file), {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False})
    made_at = close.closed_at.replace(tzinfo=None, microsecond=0)
    book.set_properties({"title": f"Close pack {close.close_id}", "author": close.closed_by, "created": made_at})
    book.set_calc_mode("auto")
    formats = Formats(book)
    _checklist(book, formats, content)
    # Sheets in reading order; the drill-down is written first, because bridges link into it.
    bridges = {bridge: book.add_worksheet(_sheet_name(bridge, content)) for bridge in content.bridges}
    workbook_ledger.roll_forwards(book, formats, content)
    workbook_provision.returns_provision(book, formats, content)
    workbook_ledger.trial_balance(book, formats, content)
    workbook_books.against_books(book, formats, content)
    workbook_drill_down.for_a_person(book, formats, content)
    # To the parts, where they were frozen: a difference of a whole channel is one row, its parts are its orders.
    places = {
        **workbook_drill_down.differences(book, formats, content),
        **workbook_drill_down.parts(book, formats, content),
    }
    workbook_drill_down.facts(book, formats, content)
    _files(book, formats, content)
    for bridge, sheet in bridges.items():
        _bridge(sheet, formats, bridge, places, close.close_id)
    book.close()


def _sheet_name(bridge: Bridge, content: Content) -> str:
    """With its currency where there are several; Excel takes 31 characters."""
    currencies = {other.currency_code for other in content.bridges}
    return bridge.title if len(currencies) == 1 else f"{bridge.title} {bridge.currency_code}"[:31]


def _checklist(book: Workbook, formats: Formats, content: Content) -> None:
    close, sheet = content.close, book.add_worksheet("Checklist")
    sheet.write(0, 0, f"Close of {close.period_month}, {close.entity_id}", formats["title"])
    told = [
        ("closed", f"{spoken(close.closed_at)} by {close.closed_by}"),
        ("because", close.because),
        ("numbers of", f"publication {close.snapshot}"),
        ("rules", close.rules_digest),
    ]
    for place, (name, value) in enumerate(told, start=1):
        sheet.write(place, 0, name, formats["bold"])
        sheet.write_string(place, 1, value, formats["text"])
    top = len(told) + 2
    for column, (name, width) in enumerate(_CHECKLIST):
        sheet.set_column(column, column, width)
        sheet.write(top, column, name, formats["head"])
    for place, line in enumerate(close.checklist, start=top + 1):
        sheet.write(place, 0, f"{line['step']} {line['step_name']}", formats["text"])
        sheet.write(place, 1, line["code"], formats["text"])
        sheet.write(place, 2, line["verdict"], formats.verdict(line["verdict"]))
        sheet.write_string(place, 3, line["claim"], formats["wrap"])
        sheet.write_string(place, 4, line["told"], formats["wrap"])
        if line["amount_minor"] and line["currency_code"]:
            currency = line["currency_code"]
            sheet.write(place, 5, amount(line["amount_minor"], currency), formats.money(currency))
            sheet.write(place, 6, currency, formats["text"])
        sheet.write(place, 7, line["source_table"], formats["text"])
    last = top + len(close.checklist)
    sheet.autofilter(top, 0, last, len(_CHECKLIST) - 1)
    sheet.freeze_panes(top + 1, 2)
    _sign_offs(sheet, formats, content, last + 2)
    for_print(sheet, close.close_id, (top, top))
    sheet.activate()


def _sign_offs(sheet: Worksheet, formats: Formats, content: Content, top: int) -> None:
    sheet.write(top, 0, "Accepted by a person", formats["bold"])
    if not content.close.sign_offs:
        sheet.write(top + 1, 0, "nothing", formats["text"])
    for place, signed in enumerate(content.close.sign_offs, start=top + 1):
        sheet.write(place, 0, signed.accepted_by, formats["text"])
        sheet.write(place, 1, signed.code, formats["text"])
        sheet.write_string(place, 3, signed.because, formats["wrap"])
        sheet.write(place, 4, f"{signed.contradictions} rows" if signed.contradictions else "", formats["text"])
        if signed.amount_minor is not None and signed.currency_code:
            sheet.write(
                place, 5, amount(signed.amount_minor, signed.currency_code), formats.money(signed.currency_code)
            )
            sheet.write(place, 6, signed.currency_code, formats["text"])


def _bridge(sheet: Worksheet, formats: Formats, bridge: Bridge, places: Places, close_id: str) -> None:
    currency, digits = bridge.currency_code, exponent_of(bridge.currency_code)
    sheet.write(0, 1, f"{bridge.title}, {currency}", formats["title"])
    note = "Start and rows make the end. A code leads to the rows behind it; their sum is beside the step."
    sheet.write(1, 1, note, formats["note"])
    for column, (name, width) in enumerate(_BRIDGE):
        sheet.set_column(column, column, width)
        sheet.write(3, column, name, formats["head"])
    first = 4
    for place, step in enumerate(bridge.steps, start=first):
        is_edge = place in (first, first + len(bridge.steps) - 1)
        sheet.write(place, 0, step.position, formats["count"])
        sheet.write_string(place, 1, step.label, formats["bold" if is_edge else "text"])
        kind = "total" if is_edge else "plain"
        sheet.write(place, 3, amount(step.amount_minor, currency), formats.money(currency, kind))
        if step.reason_code is not None:
            _behind(sheet, formats, bridge, step, place, places)
    end = first + len(bridge.steps) - 1
    walked = sum(step.amount_minor for step in bridge.steps[:-1])
    sheet.write(end + 1, 1, "start and rows", formats["text"])
    sheet.write_formula(
        end + 1, 3, f"=ROUND(SUM(D{first + 1}:D{end}),{digits})", formats.money(currency), amount(walked, currency)
    )
    sheet.write(end + 2, 1, "check: must be 0", formats["note"])
    gap = amount(bridge.steps[-1].amount_minor - walked, currency)
    sheet.write_formula(end + 2, 3, f"=ROUND(D{end + 1}-D{end + 2},{digits})", formats.money(currency, "check"), gap)
    for cells in (f"D{end + 3}", f"G{first + 1}:G{end}"):
        sheet.conditional_format(cells, {"type": "cell", "criteria": "!=", "value": 0, "format": formats.wrong})
    sheet.freeze_panes(first, 2)
    for_print(sheet, close_id, (3, 3))


def _behind(sheet: Worksheet, formats: Formats, bridge: Bridge, step: Step, place: int, places: Places) -> None:
    """The rows behind a step: a link to the first, how many, their sum by formula, and the difference to the step."""
    currency = bridge.currency_code
    span = places.get((bridge.name, currency, step.reason_code or ""))
    if span is None:
        sheet.write(place, 2, step.reason_code, formats["text"])
        return
    sheet.write_url(place, 2, f"internal:'{span.sheet}'!A{span.first + 1}", formats["link"], step.reason_code)
    sheet.write(place, 4, span.last - span.first + 1, formats["count"])
    workbook_drill_down.tie_out(sheet, formats, place, ("D", "F", "G"), step.amount_minor, currency, span)


def _files(book: Workbook, formats: Formats, content: Content) -> None:
    close, sheet = content.close, book.add_worksheet("Files and rules")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 10)
    sheet.set_column(2, 3, 68)
    sheet.write(0, 0, "What was frozen, and under which rules", formats["title"])
    sheet.write(1, 0, f"cartwheel close verify {close.period_month} --entity {close.entity_id}", formats["mono"])
    for column, name in enumerate(("table", "rows", "digest of the rows", "sha256 of the file")):
        sheet.write(3, column, name, formats["head"])
    place = 4
    for name, table in close.tables.items():
        sheet.write(place, 0, name, formats["text"])
        sheet.write(place, 1, table.rows, formats["count"])
        sheet.write(place, 2, table.digest, formats["mono"])
        sheet.write(place, 3, table.sha256, formats["mono"])
        place += 1
    sheet.write(place + 1, 0, "rule", formats["head"])
    sheet.write(place + 1, 2, "digest", formats["head"])
    for offset, (name, digest) in enumerate(close.rules.items(), start=place + 2):
        sheet.write(offset, 0, name, formats["text"])
        sheet.write(offset, 2, digest, formats["mono"])
    sheet.freeze_panes(4, 1)
    for_print(sheet, close.close_id, (3, 3))
