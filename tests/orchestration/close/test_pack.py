"""The close pack as its reader meets it: totals that recalculate, links that lead to rows, bytes that do not move."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from orchestration.close import frozen, pack
from tests.orchestration.close import closed_story
from tests.orchestration.close.formulas import formulas, recalculated

NAME = "close-main-2026-10"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pack")
    pack.write(made, closed_story.made(made))
    return made


@pytest.fixture(scope="module")
def book(folder: Path) -> Workbook:
    return openpyxl.load_workbook(folder / f"{NAME}.xlsx")


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / f"{NAME}.html").read_text(encoding="utf-8")


def test_every_formula_gives_what_the_cell_shows(folder: Path, book: Workbook) -> None:
    shown = openpyxl.load_workbook(folder / f"{NAME}.xlsx", data_only=True)
    checked = 0
    for sheet, cell, formula in formulas(book):
        assert recalculated(book, sheet, formula) == Decimal(str(shown[sheet.title][cell].value)), (sheet.title, cell)
        checked += 1
    # Per bridge its sum and check, per step with a code two; roll-forwards 3, trial balance 2 a row and 5 below; an account beside the books 3; 2 a provision.
    assert checked == 3 * 2 + 3 * 2 + 2 * 2 + 2 * 2 + 5 + 3 + 2


def test_every_check_cell_is_nought_and_turns_red_when_it_is_not(book: Workbook) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.endswith("must be 0"):
                    place = next(one for one in row if one.data_type == "f")
                    assert recalculated(book, sheet, place.value) == 0
                    watched = " ".join(str(rule.sqref) for rule in sheet.conditional_formatting)
                    assert place.coordinate in watched


def test_a_wrong_row_shows_in_the_check_cell(book: Workbook, tmp_path: Path) -> None:
    damaged = openpyxl.load_workbook(_saved(book, tmp_path))
    sheet = damaged["Storefront to bank USD"]
    sheet["D6"] = sheet["D6"].value - 1
    (check,) = [formula for place, cell, formula in formulas(damaged) if place is sheet and cell == "D10"]
    assert recalculated(damaged, sheet, check) == 1


def test_a_step_leads_to_the_parts_of_atoms_it_is_made_of(book: Workbook) -> None:
    bridge, rows = book["Storefront to bank USD"], book["Parts"]
    (step,) = [row for row in bridge.iter_rows(min_row=5) if row[2].value == "FEE-01"]
    target = step[2].hyperlink.location
    first = rows[target.rpartition("!")[2]].row
    found = [[rows.cell(first + offset, column).value for column in (2, 3, 6, 13)] for offset in range(3)]
    assert found == [
        ["FEE-01", "amount", -14.25, "a"],
        ["FEE-01", "amount", -15.0, "b"],
        ["FEE-01", "amount", -0.25, "b"],
    ]
    assert (target.rpartition("!")[0], step[4].value) == ("'Parts'", 3)


def test_a_close_that_froze_no_parts_leads_to_its_differences(tmp_path: Path) -> None:
    close = closed_story.made(tmp_path)
    tables = {name: table for name, table in close.tables.items() if name != "fct_money_atom_parts"}
    pack.write(tmp_path, replace(close, tables=tables))
    bridge = openpyxl.load_workbook(tmp_path / f"{NAME}.xlsx")["Storefront to bank USD"]
    (step,) = [row for row in bridge.iter_rows(min_row=5) if row[2].value == "FEE-01"]
    assert step[2].hyperlink.location.startswith("'Differences'!")


def test_amounts_have_the_digits_of_their_currency(book: Workbook) -> None:
    assert book["Storefront to bank USD"]["D5"].number_format == "#,##0.00;[Red]-#,##0.00"
    assert book["Storefront to bank JPY"]["D5"].number_format == "#,##0;[Red]-#,##0"
    assert book["Storefront to bank JPY"]["D5"].value == 5_000


def test_the_checklist_comes_first_and_every_sheet_is_ready_for_print(book: Workbook) -> None:
    assert book.sheetnames[0] == "Checklist" == book.active.title
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert "main:2026-10" in sheet.oddFooter.left.text
        assert sheet.freeze_panes or sheet.title == "Checklist"


def test_text_of_a_platform_is_never_a_formula(book: Workbook) -> None:
    rows = book["Differences"]
    found = [cell for row in rows.iter_rows(min_row=5) for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in found] == ["s"] * len(closed_story.DIFFERENCES)


def test_the_same_close_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = pack.write(tmp_path, closed_story.made(tmp_path))
    assert again == {name: frozen.sha256(folder / name) for name in again}


def test_another_sign_off_gives_other_bytes(folder: Path, tmp_path: Path) -> None:
    close = closed_story.made(tmp_path)
    again = pack.write(tmp_path, replace(close, closed_by="Bob"))
    assert all(digest != frozen.sha256(folder / name) for name, digest in again.items())


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"<script|https?://|src=|@import|<link", page)
    assert "all &lt;settled&gt;" in page
    assert "paid by &lt;gift card&gt;" in page


def test_the_page_shows_each_bridge_as_figures_and_as_bars(page: str) -> None:
    drawn = re.findall(r'<svg class="waterfall".*?aria-label="([^"]+)".*?</svg>', page, re.DOTALL)
    assert drawn == ["Storefront to bank, JPY", "Storefront to bank, USD", "Clearing account, USD"]
    assert page.count("<rect") == len(closed_story.BRIDGE)
    assert ["−29.50" in page, "−100.50" in page, "870.00" in page] == [True] * 3


def test_the_page_is_signed_with_the_digests(folder: Path, page: str) -> None:
    assert frozen.sha256(folder / f"{NAME}.xlsx") in page
    close = closed_story.made(folder)
    assert all(table.digest in page for table in close.tables.values())
    assert close.rules_digest in page


def _saved(book: Workbook, tmp_path: Path) -> Path:
    file = tmp_path / "damaged.xlsx"
    book.save(file)
    return file


def test_the_returns_still_to_come_stand_on_a_sheet_with_the_rate_they_were_reckoned_at(book: Workbook) -> None:
    sheet = book["Returns provision"]
    shown = [sheet.cell(4, column).value for column in range(1, 14)]
    assert shown[:7] == ["USD", "stated_rate", 30, "2.5 %", 400, 10, 4]
    assert (shown[7:9], shown[11:]) == ([0, 6], [2.4, "shown here only"])


def test_the_documents_behind_an_account_stand_on_a_sheet_and_sum_to_its_difference(book: Workbook) -> None:
    account = [book["Ledger and books"].cell(4, column).value for column in (1, 4, 5, 6, 7, 8, 9)]
    assert account[:3] == ["1100", 96, 95]
    assert account[4:] == ["2", "=ROUND(SUM('Documents behind'!H5:H6),2)", "=ROUND(F4-H4,2)"]
    rows = list(book["Documents behind"].iter_rows(min_row=5, values_only=True))
    assert [(row[1], row[2], row[7]) for row in rows] == [
        ("not in the books, and waits: unmapped_account", "#7", -1.5),
        ("typed by somebody, about nothing we know", "JE-9", 0.5),
    ]
