"""Recalculates a workbook's formulas from its cells, as a spreadsheet would: the few forms that a close pack uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

_ROUND = re.compile(r"^=ROUND\((?P<inner>.*),(?P<digits>\d)\)$")
_SUM = re.compile(r"^SUM\((?:'(?P<sheet>[^']+)'!)?(?P<cells>[A-Z]+\d+:[A-Z]+\d+)\)$")
_TERM = re.compile(r"([+-]?)([A-Z]+\d+)")


def formulas(book: Workbook) -> Iterator[tuple[Worksheet, str, str]]:
    """Every formula with its sheet and cell."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield sheet, cell.coordinate, cell.value


def value(book: Workbook, sheet: Worksheet, cell: str) -> Decimal:
    """A number in a cell, or what its formula gives."""
    held = sheet[cell]
    if held.data_type == "f":
        return recalculated(book, sheet, held.value)
    return Decimal(str(held.value or 0))


def recalculated(book: Workbook, sheet: Worksheet, formula: str) -> Decimal:
    """ROUND over a SUM of cells or over cells added and subtracted; any other form is an error."""
    rounded = _ROUND.match(formula)
    if rounded is None:
        raise ValueError(f"a form that is not expected: {formula}")
    total, inner = Decimal(0), rounded["inner"]
    summed = _SUM.match(inner)
    if summed is not None:
        source = book[summed["sheet"]] if summed["sheet"] else sheet
        for row in source[summed["cells"]]:
            for cell in row:
                total += value(book, source, cell.coordinate)
    else:
        if "".join(f"{sign}{cell}" for sign, cell in _TERM.findall(inner)) != inner:
            raise ValueError(f"a form that is not expected: {formula}")
        for sign, cell in _TERM.findall(inner):
            total += value(book, sheet, cell) * (-1 if sign == "-" else 1)
    return total.quantize(Decimal(1).scaleb(-int(rounded["digits"])), ROUND_HALF_UP)
