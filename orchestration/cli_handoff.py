"""`cartwheel handoff`: what waits for a destination as a file for a person, and back what was done by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestration import person

if TYPE_CHECKING:
    from datetime import datetime

    from reverse_etl.handoff import Pending


@click.group()
def handoff() -> None:
    """While a destination is down: what waits goes to a person as a file, and nothing of it is done twice."""


@handoff.command()
@click.argument("destination")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Default: handoff-DESTINATION-<time>.csv here.")
@person.by
@click.option("--because", default="handed to a person", show_default=True)
@click.option("--again", is_flag=True, help="Write what is already handed off once more, for a file that was lost.")
def export(destination: str, file: Path | None, by: str, because: str, again: bool) -> None:
    """Writes what waits for DESTINATION to a CSV file, one row per delivery; none of it is sent any more."""
    from contextlib import closing
    from datetime import UTC, datetime

    from orchestration import environment
    from orchestration.activation import spoken_money
    from reverse_etl import engine
    from reverse_etl.handoff import export as hand_out

    environment.prepare()
    now = datetime.now(UTC)
    file = file or Path(f"handoff-{destination}-{now:%Y%m%d-%H%M%S}.csv")
    with closing(engine.open_ledger()) as ledger:
        found = hand_out(ledger, destination, file, by, because, now, again)
    if not found.deliveries:
        click.echo(f"nothing {'is handed off' if again else 'waits'} for {destination}: no file written")
        return
    click.echo(f"{file}: {found.deliveries} handed over, money at stake: {spoken_money(dict(found.money_minor))}")
    if found.doubtful:
        click.echo(f"{found.doubtful} may be there already: look first (column look_first)")
    if found.unapproved:
        click.echo(f"{found.unapproved} are beyond their limits and NOT APPROVED (column approved)")
    click.echo("put `yes` into the column done, then: cartwheel handoff import FILE --because TEXT")


@handoff.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@person.by
@person.because
def take_in(file: Path, by: str, because: str) -> None:
    """Reads a filled-in FILE: done rows are accepted, the others go back and are looked up before they are sent."""
    from contextlib import closing
    from datetime import UTC, datetime

    from orchestration import environment
    from reverse_etl import engine
    from reverse_etl.handoff import take_in as bring_back

    environment.prepare()
    with closing(engine.open_ledger()) as ledger:
        found = bring_back(ledger, file, by, because, datetime.now(UTC))
    click.echo(f"{found.accepted} done by hand, {found.given_back} given back, {found.unchanged} settled before")
    for problem in found.problems:
        click.echo(f"{file.name}, {problem}", err=True)
    sys.exit(1 if found.problems else 0)


@handoff.command("list")
@click.argument("destination", required=False)
@click.option("--format", "output", default="table", show_default=True, type=click.Choice(["table", "json"]))
def show(destination: str | None, output: str) -> None:
    """What waits for each destination and since when, and what a person has in hand."""
    import json
    from contextlib import closing
    from datetime import UTC, datetime

    from orchestration import environment
    from reverse_etl import destinations, engine
    from reverse_etl.handoff import pending

    environment.prepare()
    if destination is not None:
        destinations.load(destination)
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        found = pending(connection, destination)
    now = datetime.now(UTC)
    if output == "json":
        sys.stdout.write(json.dumps([_as_json(item, now) for item in found], indent=1) + "\n")
        return
    _print(found, now)


def _print(found: list[Pending], now: datetime) -> None:
    from rich.table import Table

    from orchestration.activation import spoken_money
    from orchestration.cli_flows import spoken_age
    from orchestration.screen import print_wide, say, screen

    if not found:
        say(screen, "nothing waits")
        return
    table = Table("destination", "sync", "state", "deliveries", "oldest", "money")
    for item in found:
        state = "handed to a person" if item.state == "handed_off" else item.state.replace("_", " ")
        age, money = spoken_age(now - item.since), spoken_money(dict(item.money_minor))
        table.add_row(item.destination, item.sync, state, str(item.deliveries), age, money)
    print_wide(table)


def _as_json(item: Pending, now: datetime) -> dict[str, Any]:
    return {
        "destination": item.destination,
        "sync": item.sync,
        "state": item.state.value,
        "deliveries": item.deliveries,
        "oldest_seconds": max(0, int((now - item.since).total_seconds())),
        "since": item.since.isoformat(),
        "money_minor": dict(item.money_minor),
    }
