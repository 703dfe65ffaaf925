"""`cartwheel approve` and `cartwheel drift`: what a person decides about plans and about edits at the destinations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from orchestration import person

if TYPE_CHECKING:
    from reverse_etl.approvals import Approval

_CHOICES = ("open", "reassert", "accept", "ignore", "gone")


@click.command()
@click.argument("plan")
@person.by
@person.because
def approve(plan: str, by: str, because: str) -> None:
    """Lets a plan beyond its limits go; PLAN is its id or hash. The next push sends it."""
    from contextlib import closing
    from datetime import UTC, datetime

    from orchestration import environment
    from reverse_etl import engine

    environment.prepare()
    with closing(engine.open_ledger()) as ledger:
        click.echo(_told(ledger.approve(plan, by, because, datetime.now(UTC))))


def _told(given: Approval) -> str:
    people = ", ".join(given.approved_by)
    if not given.is_complete:
        return f"{given.plan_id}: approved by {people}; {given.needed} different people are needed. Nothing may be sent yet"
    return (
        f"{given.plan_id}: approved by {people}; {given.approved} deliveries may be sent now."
        f" Send exactly this plan with: cartwheel push --plan {given.plan_hash}"
    )


@click.group()
def drift() -> None:
    """Shows what somebody edited at a destination after we wrote it, and takes the choice what to do about it."""


@drift.command(name="list")
@click.argument("sync", required=False)
@click.option("--all", "everything", is_flag=True, help="Also what was chosen before, and what is over.")
@click.option("--format", "output", default="table", show_default=True, type=click.Choice(["table", "json"]))
def list_drifts(sync: str | None, everything: bool, output: str) -> None:
    """Lists edits that wait for a choice: what was accepted from us, what is there now, what we want."""
    from contextlib import closing

    from orchestration import environment
    from reverse_etl import drift_store, engine

    environment.prepare()
    if sync is not None:
        engine.sync_named(sync)
    chosen = _CHOICES if everything else _CHOICES[:1]
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        found = drift_store.listed(connection, sync, chosen)
    _print(found, output)


@drift.command()
@click.argument("sync")
@click.option("--records", type=click.IntRange(min=1), default=None, help="The newest so many; default: all.")
def check(sync: str, records: int | None) -> None:
    """Reads the documents of SYNC back from their destination and says which were edited or deleted there."""
    from contextlib import closing

    from orchestration import environment
    from orchestration.verbs import progress_display
    from reverse_etl import drift_store, engine, read_back, settings

    environment.prepare()
    with closing(engine.open_ledger()) as ledger, progress_display() as progress:
        task = progress.add_task(f"read back {sync}", total=None)
        compared = read_back.read_back(
            engine.sync_named(sync),
            ledger,
            settings.read(),
            lambda done, total: progress.update(task, completed=done, total=total),
            clock=engine.now,
            records=records,
        )
        with ledger.reader() as connection:
            found = drift_store.listed(connection, sync)
    if found:
        _print(found, "table")
    edited = len({row["record_key"] for row in found})
    click.echo(
        f"{compared.records} documents read back, {edited} waiting for a choice, {len(compared.unread)} not read"
    )
    for record, why in compared.unread.items():
        click.echo(f"{record}: {why}", err=True)
    sys.exit(1 if found or compared.unread else 0)


def _choice(name: str, what: str) -> None:
    @drift.command(name=name, help=what)
    @click.argument("sync")
    @click.argument("record")
    @click.argument("field", required=False)
    @person.by
    @person.because
    def choose(sync: str, record: str, field: str | None, by: str, because: str) -> None:
        _choose(name, sync, record, field, by, because)


_choice("reassert", "Writes our value again over this edit, with the next plan. Also ends an `ignore`.")
_choice("accept", "Lets their value stand until ours changes.")
_choice("ignore", "Leaves this field of this record alone until somebody chooses otherwise.")


def _choose(choice: str, sync: str, record: str, field: str | None, by: str, because: str) -> None:
    from contextlib import closing
    from datetime import UTC, datetime

    from orchestration import environment
    from reverse_etl import drift_store, engine
    from reverse_etl.errors import ConfigurationError
    from reverse_etl.sync import Mode

    environment.prepare()
    declared = engine.sync_named(sync)
    if choice == "reassert" and declared.mode is Mode.CREATE:
        raise ConfigurationError(
            f"{sync} makes documents and never rewrites one: correct it at {declared.destination}, or accept it",
            code="unknown_name",
        )
    with closing(engine.open_ledger()) as ledger, ledger.engine.begin() as connection:
        fields = drift_store.choose(
            connection,
            choice,
            sync=declared.name,
            record_key=record,
            field=field,
            by=by,
            because=because,
            now=datetime.now(UTC),
        )
    click.echo(f"{sync} {record}: {choice} {', '.join(fields)}. The next plan of {sync} goes by it")


def _print(found: list[dict[str, Any]], output: str) -> None:
    import json

    if output == "json":
        sys.stdout.write(json.dumps(found, indent=1, default=str) + "\n")
        return
    from rich.table import Table
    from rich.text import Text

    from orchestration.screen import print_wide, screen

    if not found:
        screen.print("Nobody edited what we wrote, as far as the newest plans saw.")
        return
    columns = ("sync", "record_key", "field", "accepted", "observed", "wanted", "choice", "found_at", "chosen_by")
    table = Table(*(name.removesuffix("_key").replace("_", " ") for name in columns))
    for row in found:
        # As text, not as markup: brackets in a value are the value's.
        table.add_row(*(Text("–" if row[name] is None else str(row[name])[:60]) for name in columns))
    print_wide(table)
