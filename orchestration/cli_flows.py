"""`cartwheel flows`: the register of flows, and the switches that stop one of them or everything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from orchestration import person

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from reverse_etl.flows import Flow, Switch


@click.group(invoke_without_command=True)
@click.option("--format", "output", default="table", show_default=True, type=click.Choice(["table", "json"]))
@click.pass_context
def flows(context: click.Context, output: str) -> None:
    """Lists each flow with trigger, condition, action, fallback, owner, last run and state; or switches one."""
    if context.invoked_subcommand is None:
        _show(output)


@flows.command()
@click.argument("names", nargs=-1, metavar="[FLOW]...")
@click.option("--all", "everything", is_flag=True, help="The kill-switch: nothing is sent until it is resumed.")
@person.by
@person.because
def pause(names: tuple[str, ...], everything: bool, by: str, because: str) -> None:
    """Stops flows between two records: what is on its way is answered, nothing further is sent."""
    _switch(names, everything, "paused", by, because)


@flows.command()
@click.argument("names", nargs=-1, metavar="[FLOW]...")
@click.option("--all", "everything", is_flag=True, help="Gives the kill-switch free; flows paused one by one stay so.")
@person.by
@person.because
def resume(names: tuple[str, ...], everything: bool, by: str, because: str) -> None:
    """Lets flows go on; what waited goes out with their next push."""
    _switch(names, everything, "active", by, because)


def _switch(names: tuple[str, ...], everything: bool, to: str, by: str, because: str) -> None:
    from contextlib import closing
    from datetime import UTC, datetime

    from orchestration import environment
    from orchestration.flow_register import told
    from orchestration.verbs import Refused
    from reverse_etl import engine
    from reverse_etl.flows import EVERYTHING, Switch, switch

    environment.prepare()
    if everything == bool(names):
        raise Refused("Name the flows, or say --all. Known: " + ", ".join(told()) + ".")
    for name in names:
        if name not in told():
            raise Refused(f"There is no flow '{name}'. Known: {', '.join(told())}.")
    with closing(engine.open_ledger()) as ledger, ledger.engine.begin() as connection:
        now = datetime.now(UTC)
        for name in (EVERYTHING,) if everything else names:
            before = switch(connection, name, Switch(to), by, because, now)
            click.echo(_switched(name, before, Switch(to)))


def _switched(name: str, before: Switch, to: Switch) -> str:
    if before is to:
        return f"{name} was {to} before; your name and reason are noted"
    return f"{name} is {to}"


def _show(output: str) -> None:
    import json
    from contextlib import closing
    from datetime import UTC, datetime

    from orchestration import environment
    from orchestration.flow_register import told
    from reverse_etl import engine
    from reverse_etl.flows import register

    environment.prepare()
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        found = register(connection, engine.syncs(), told(), datetime.now(UTC))
    if output == "json":
        sys.stdout.write(json.dumps([as_json(flow) for flow in found], indent=1) + "\n")
        return
    from rich import box
    from rich.table import Table

    from orchestration.screen import print_wide, screen

    table = Table("flow", "how it works", "lately", box=box.SIMPLE, show_lines=True)
    for flow in found:
        table.add_row(*_cells(flow))
    # Columns that wrap are for the eye; a file or a pipe gets each sentence whole.
    screen.print(table) if screen.is_terminal else print_wide(table)


def as_json(flow: Flow) -> dict[str, Any]:
    """A row of the register as plain data; times in UTC, ages in whole seconds."""
    history = flow.history
    return {
        "flow": flow.flow,
        "state": flow.state.value,
        "because": flow.because or None,
        "trigger": flow.trigger,
        "condition": flow.condition,
        "action": flow.action,
        "fallback": flow.fallback,
        "owner": flow.owner,
        "last_run_at": _iso(flow.last_run_at),
        "last_result": history.last_result or None,
        "waiting": dict(history.waiting or {}),
        "oldest_waiting_seconds": int(flow.waiting_for.total_seconds()) if flow.waiting_for is not None else None,
        "open_exceptions": history.open_exceptions,
        "newest_accepted_at": _iso(history.newest_accepted_at),
    }


def _cells(flow: Flow) -> tuple[Any, ...]:
    from rich.text import Text

    history = flow.history
    name = [flow.flow, f"{flow.state.value.upper() if flow.because else flow.state}", f"owner: {flow.owner}"]
    how = [f"{what}: {getattr(flow, what)}" for what in ("trigger", "condition", "action", "fallback")]
    waiting = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in (history.waiting or {}).items())
    lately = [f"state: {flow.because}"] if flow.because else []
    lately += [
        f"last run: {_spoken_time(flow.last_run_at)}{f': {history.last_result}' if history.last_result else ''}",
        f"waiting: {waiting}, the oldest for {spoken_age(flow.waiting_for)}" if waiting else "waiting: nothing",
        f"open exceptions: {history.open_exceptions}",
        f"newest accepted: {_spoken_time(history.newest_accepted_at)}",
    ]
    return tuple(Text("\n".join(lines)) for lines in (name, how, lately))


def spoken_age(age: timedelta | None) -> str:
    """An age for a person, in its largest two units: 2 d 4 h."""
    if age is None:
        return "–"
    minutes = int(age.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _spoken_time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment is not None else "never"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
