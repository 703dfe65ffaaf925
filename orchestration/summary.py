"""The demo's closing words, for a shop owner; every number is read from the published marts, the plans or the twins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from orchestration import warehouse
from reverse_etl.money import major, spoken

BRIDGES = {
    "storefront_to_bank": "From what the storefronts sold to what the bank received",
    "clearing": "The processor's account: what it owes us",
    "storefront_to_net_revenue": "From what the storefronts sold to what was earned",
    "net_revenue_to_books": "From what was earned to what the books say",
}

THREE_TOTALS = """
    select period_month, currency_code,
           max(amount_minor) filter (bridge = 'storefront_to_bank' and position = first_position) as sold,
           max(amount_minor) filter (bridge = 'storefront_to_bank' and position = last_position) as banked,
           max(amount_minor) filter (bridge = 'net_revenue_to_books' and position = last_position) as booked
    from (select *, min(position) over bridges as first_position, max(position) over bridges as last_position
          from marts.fct_bridge
          window bridges as (partition by entity_id, period_month, currency_code, bridge))
    where entity_id = 'main'
    group by period_month, currency_code
    having sold > 0 and booked <> 0
    order by period_month desc, sold desc
    limit 1
"""


def totals(screen: Console) -> None:
    """The three totals of the newest month that has all of them, and the rows between them, to the cent."""
    with warehouse.reading() as connection:
        found = connection.execute(THREE_TOTALS).fetchone()
        if found is None:
            screen.print("No month has a storefront, a bank and books to compare yet.")
            return
        month, currency, sold, banked, booked = found
        screen.print(f"[bold]{month}[/bold]")
        screen.print(f"  storefronts sold   {major(sold, currency):>12,} {currency}")
        screen.print(f"  the bank received  {major(banked, currency):>12,} {currency}")
        screen.print(f"  the books say      {major(booked, currency):>12,} {currency}")
        for bridge, title in BRIDGES.items():
            screen.print(_bridge(connection, bridge, title, month, currency))


def _bridge(connection: duckdb.DuckDBPyConnection, bridge: str, title: str, month: str, currency: str) -> Table:
    rows = connection.execute(
        """select label, reason_code, amount_minor from marts.fct_bridge
           where entity_id = 'main' and bridge = ? and period_month = ? and currency_code = ? order by position""",
        [bridge, month, currency],
    ).fetchall()
    table = Table(title=title, title_justify="left", show_header=False, min_width=72, box=box.SIMPLE, pad_edge=False)
    table.add_column(ratio=1)
    table.add_column()
    table.add_column(justify="right")
    for number, (label, reason, amount) in enumerate(rows):
        style = "bold" if number in (0, len(rows) - 1) else ""
        sign = "" if number in (0, len(rows) - 1) else "+"
        table.add_row(label, reason or "", format(major(amount, currency), f"{sign},"), style=style)
    return table


def pushed(
    screen: Console,
    plans: Mapping[str, dg.ExecuteInProcessResult],
    results: Mapping[str, dg.ExecuteInProcessResult],
    world: Any,
) -> None:
    """What was pushed where: planned, accepted, and what the receiving twin itself counted."""
    table = Table(title="Pushed back", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("sync", no_wrap=True)
    for heading in ("planned", "accepted", "rejected", "in doubt", "money"):
        table.add_column(heading, justify="right", no_wrap=True)
    for sync, result in results.items():
        planned, said = metadata(plans[sync], "plan", sync), metadata(result, "push", sync)
        counts = [str(said[name]) for name in ("accepted", "rejected", "in doubt")]
        table.add_row(sync, str(planned["records to change"]), *counts, str(said["money"]))
    screen.print(table)
    counted = ", ".join(
        f"{platform} {sum(kinds.values())}" for platform, kinds in world.world.effects.summary().items()
    )
    screen.print(f"The receivers' own count of what was done to them: {counted or 'nothing'}\n")


def rest(screen: Console, plans: Mapping[str, dg.ExecuteInProcessResult]) -> None:
    """After reading everything again: what is left to push."""
    left = {sync: int(metadata(result, "plan", sync)["records to change"]) for sync, result in plans.items()}
    moving = {sync: count for sync, count in left.items() if count}
    said = ", ".join(f"{sync} {count}" for sync, count in moving.items()) or "nothing left to push in any of them"
    screen.print(f"Read again, built again, planned again: {said}.\n")


def needs_a_human(screen: Console) -> None:
    """Differences only a person can settle, by reason, with the money at stake."""
    with warehouse.reading() as connection:
        rows = connection.execute(
            """select reason_code, reason, suggested_action, count(*), cast(sum(abs(amount_minor)) as bigint), currency_code
               from marts.fct_differences
               where needs_a_human and coalesce(bridge, '') <> 'storefront_to_net_revenue' group by all order by 5 desc"""
        ).fetchall()
    table = Table(title="Needs a human", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("code", no_wrap=True)
    table.add_column("what it is")
    table.add_column("cases", justify="right")
    table.add_column("at stake", justify="right", no_wrap=True)
    table.add_column("to do")
    for code, reason, action, cases, stake, currency in rows:
        table.add_row(code, reason, str(cases), spoken(stake, currency), action or "")
    screen.print(table)


def metadata(result: dg.ExecuteInProcessResult, stage: str, sync: str) -> dict[str, Any]:
    """Metadata of the one materialization a step made, as plain values."""
    events = result.asset_materializations_for_node(f"{stage}__{sync}")
    return {name: value.value for name, value in events[0].metadata.items()}
