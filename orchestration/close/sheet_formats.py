"""How a workbook looks: one place for fonts, colours and number formats, so that every sheet is printed alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from reverse_etl.money import EXPONENTS, major

_FONT: dict[str, Any] = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_LOOKS: dict[str, dict[str, Any]] = {
    "text": {},
    "wrap": {"text_wrap": True},
    "title": {"bold": True, "font_size": 16},
    "note": {"font_color": "#555555", "text_wrap": True},
    "head": {"bold": True, "bg_color": "#1F3A4D", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"},
    "bold": {"bold": True},
    "link": {"font_color": "#0B5394", "underline": 1},
    "count": {"num_format": "#,##0"},
    "day": {"num_format": "yyyy-mm-dd", "align": "left"},
    "mono": {"font_name": "Consolas", "font_size": 9},
}
_MONEY: dict[str, dict[str, Any]] = {
    "plain": {},
    "total": {"bold": True, "top": 1},
    "check": {"italic": True, "font_color": "#555555"},
}
_VERDICTS: dict[str, dict[str, Any]] = {
    "pass": {"font_color": "#1E6B2E"},
    "accepted": {"font_color": "#7A5200", "bold": True},
    "warns": {"font_color": "#7A5200"},
    "not built": {"font_color": "#7A5200"},
    "not applicable": {"font_color": "#777777"},
    "fails": {"font_color": "#A61C00", "bold": True},
}


class Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._looks = {name: book.add_format({**_FONT, **look}) for name, look in _LOOKS.items()}
        self._verdicts = {name: book.add_format({**_FONT, **look}) for name, look in _VERDICTS.items()}
        self._money: dict[tuple[int, str], Format] = {}
        self.wrong = book.add_format({"bg_color": "#F4CCCC", "font_color": "#A61C00", "bold": True})

    def __getitem__(self, name: str) -> Format:
        return self._looks[name]

    def verdict(self, name: str) -> Format:
        return self._verdicts[name]

    def money(self, currency_code: str, kind: str = "plain") -> Format:
        """Digits as the currency has them: none for JPY, three for KWD."""
        exponent = exponent_of(currency_code)
        if (exponent, kind) not in self._money:
            digits = "#,##0" + ("." + "0" * exponent if exponent else "")
            look = {**_FONT, **_MONEY[kind], "num_format": f"{digits};[Red]-{digits}"}
            self._money[exponent, kind] = self._book.add_format(look)
        return self._money[exponent, kind]


def exponent_of(currency_code: str) -> int:
    return EXPONENTS.get(currency_code, 2)


def amount(minor: int, currency_code: str) -> Decimal:
    """Major units for a cell; a Decimal, so that no digit is lost on the way to the file."""
    return major(minor, currency_code)


def for_print(sheet: Worksheet, close_id: str, repeated: tuple[int, int] | None = None) -> None:
    """One page wide, landscape, with what it belongs to on every page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.set_footer(f"&L{close_id}&C&A&Rpage &P of &N")
    if repeated is not None:
        sheet.repeat_rows(*repeated)
