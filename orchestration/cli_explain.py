"""`cartwheel explain` and `cartwheel replay`: why was this pushed, and would it be planned so again?"""

from __future__ import annotations

import sys
from datetime import date

import click

_BRIDGES = ["storefront_to_bank", "clearing", "storefront_to_net_revenue", "net_revenue_to_books"]


@click.group()
def explain() -> None:
    """Says where something comes from, down to the raw payload, or how a reported number became today's."""


@explain.command()
@click.argument("delivery_id", metavar="ID")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
@click.option("--limit", default=5, show_default=True, help="Rows shown per table in text; 0 shows all, raw uncut.")
@click.option("--show-personal", is_flag=True, help="Names, addresses and e-mail addresses in the clear.")
def delivery(delivery_id: str, output: str, limit: int, show_personal: bool) -> None:
    """Goes from a pushed value back over its mart rows to the raw payload: who let it go, what the destination said."""
    from orchestration.explaining import explain_delivery

    sys.exit(explain_delivery(delivery_id, output, limit, show_personal))


@explain.command()
@click.argument("digest", metavar="SHA256")
@click.option("--show-personal", is_flag=True, help="The very bytes, with names, addresses and e-mail addresses.")
def answer(digest: str, show_personal: bool) -> None:
    """Shows what a platform answered, by the digest `explain delivery` names; with --show-personal, byte for byte."""
    from orchestration.explaining import explain_answer

    sys.exit(explain_answer(digest, show_personal))


@explain.command()
@click.argument("period", metavar="MONTH")
@click.option("--entity", default="main", show_default=True, help="Whose month.")
@click.option(
    "--report", default=None, metavar="CLOSE", help="Against this close (main:2026-10); default: the month's own."
)
@click.option("--as-known-at", default=None, metavar="MOMENT", help="Against what was published by then (ISO 8601).")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
@click.option("--limit", default=20, show_default=True, help="Rows shown per cause in text; 0 shows all.")
def revenue(period: str, entity: str, report: str | None, as_known_at: str | None, output: str, limit: int) -> None:
    """Goes from the net revenue of MONTH as it was reported to today's: by cause, row by row, to the cent."""
    from orchestration.close_verbs import explain_revenue

    if report and as_known_at:
        raise click.UsageError("name a close or a moment, not both")
    sys.exit(explain_revenue(period, entity, report, as_known_at, output, limit))


@explain.command()
@click.argument("sku", metavar="SKU")
@click.argument("channel", metavar="CHANNEL")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
def stock(sku: str, channel: str, output: str) -> None:
    """Prints the rows that sum to what CHANNEL is told of SKU: terms, policy, orders, parcels, holds, and the newest push."""
    from orchestration.stock_explaining import explain_stock

    sys.exit(explain_stock(sku, channel, output))


@explain.command()
@click.option("--entity", default="main", show_default=True, help="Whose bridges.")
@click.option("--month", default=None, metavar="YYYY-MM", help="The bridges of a month.")
@click.option("--day", default=None, metavar="YYYY-MM-DD", help="The bridges of a day, in the entity's time zone.")
@click.option("--currency", default=None, help="ISO 4217 code; default: each there is.")
@click.option("--bridge", "name", default=None, type=click.Choice(_BRIDGES), help="Default: all four.")
@click.option("--reason", default=None, metavar="CODE", help="Also the amounts behind the row with this code.")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
@click.option("--limit", default=20, show_default=True, help="Amounts shown per row in text; 0 shows all.")
def bridge(
    entity: str,
    month: str | None,
    day: str | None,
    currency: str | None,
    name: str | None,
    reason: str | None,
    output: str,
    limit: int,
) -> None:
    """Leads from one total to the next in a month or on a day: start, rows with their reasons, end."""
    from orchestration.bridge_explaining import Asked, explain_bridge
    from orchestration.close.month import MONTH

    if (month is None) == (day is None):
        raise click.UsageError("name a month (--month 2026-10) or a day (--day 2026-10-05)")
    if month is not None and not MONTH.fullmatch(month):
        raise click.UsageError(f"'{month}' is not a month such as 2026-10")
    if day is not None and not _is_day(day):
        raise click.UsageError(f"'{day}' is not a day such as 2026-10-05")
    wanted = {"currency": currency and currency.upper(), "bridge": name, "reason": reason and reason.upper()}
    sys.exit(explain_bridge(Asked(entity, month or day or "", day is not None, **wanted), output, limit))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@click.command()
@click.argument("plan")
@click.option("--rules", default=None, metavar="VERSION", help="Also under these rules: their number, or `current`.")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
def replay(plan: str, rules: str | None, output: str) -> None:
    """Derives a stored plan (id or hash) again from its stored inputs, and compares it with what is stored."""
    from orchestration.explaining import replay_plan

    sys.exit(replay_plan(plan, rules, output))
