"""The bank's statement export: one CSV, by booking date."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

if TYPE_CHECKING:
    from sandbox.world import World

HEADER = ("Date", "Value date", "Description", "Reference", "Amount", "Currency", "Id")


def routes(world: World) -> list[BaseRoute]:
    """GET /statements/statement.csv?from=&to= (both inclusive, both optional)."""

    async def statement(request: Request) -> Response:
        try:
            first = _day(request.query_params.get("from"))
            last = _day(request.query_params.get("to"))
        except ValueError:
            return PlainTextResponse("from and to are dates such as 2026-10-31\n", 400)
        return Response(
            statement_csv(world, first, last),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="statement.csv"'},
        )

    return [Route("/statements/statement.csv", statement)]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def statement_csv(world: World, first: date | None, last: date | None) -> str:
    """The lines booked from `first` to `last`, oldest first."""
    lines = world.bank_lines
    start = lines.since(_midnight(first)) if first else 0
    end = lines.since(_midnight(last + timedelta(days=1))) if last else len(lines)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for line in lines[start:end]:
        sign, cents = ("-" if line.amount_minor < 0 else ""), abs(line.amount_minor)
        amount = f"{sign}{cents // 100}.{cents % 100:02d}"
        writer.writerow(
            (
                line.booked_on,
                line.value_date,
                line.description,
                line.reference,
                amount,
                world.currency,
                line.bank_line_id,
            )
        )
    return text.getvalue()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
