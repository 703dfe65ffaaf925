"""Writes the close pack into the folder of a close: the workbook, then the page that names the workbook's digest."""

from __future__ import annotations

from pathlib import Path

from orchestration.close import frozen, page, workbook
from orchestration.close.pack_content import read
from reverse_etl.closes import ClosedMonth


def write(folder: Path, close: ClosedMonth) -> dict[str, str]:
    """Both files from the frozen rows beside them; file → sha256. The same close gives the same bytes."""
    content = read(folder, close)
    name = f"close-{close.entity_id}-{close.period_month}"
    book = folder / f"{name}.xlsx"
    workbook.write(content, book)
    made = {book.name: frozen.sha256(book)}
    html = folder / f"{name}.html"
    html.write_text(page.html(content, made), encoding="utf-8")
    return {**made, html.name: frozen.sha256(html)}
