"""`cartwheel approve` and `cartwheel drift`: what a person decides about plans and about edits at the destinations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from orchestration import person

if TYPE_CHECKING:
    from rich.progress import Progress

    from reverse_etl.approvals import Approval
    from reverse_etl.ledger import Ledger
    from reverse_etl.sync import Sync

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
@click.argument("sync", required=False)
@click.option("--records", type=click.IntRange(min=1), default=None, help="The newest so many; default: all.")
def check(sync: str | None, records: int | None) -> None:
    """Reads the documents of SYNC (default: of every sync that makes some) back from their destination and says which
    were edited or deleted there.
    """
    from contextlib import closing

    from orchestration import environment
    from orchestration.verbs import progress_display
    from reverse_etl import drift_store, engine
    from reverse_etl.errors import ConfigurationError
    from reverse_etl.read_back import checked_syncs

    environment.prepare()
    chosen = [engine.sync_named(sync)] if sync is not None else list(checked_syncs().values())
    with closing(engine.open_ledger()) as ledger, progress_display() as progress:
        whole = []
        for each in chosen:
            try:
                whole.append(_checked(each, records, ledger, progress))
            except ConfigurationError as error:
                if sync is not None:
                    raise
                click.echo(f"{each.name}: {error}", err=True)
                whole.append(False)
        with ledger.reader() as connection:
            found = [row for each in chosen for row in drift_store.listed(connection, each.name)]
    if found:
        _print(found, "table")
    sys.exit(0 if all(whole) and not found else 1)


def _checked(sync: Sync, records: int | None, ledger: Ledger, progress: Progress) -> bool:
    """Read one sync's documents back and say how many; false when some could not be read."""
    from reverse_etl import drift_store, engine, settings
    from reverse_etl.read_back import read_back

    task = progress.add_task(f"read back {sync.name}", total=None)
    compared = read_back(
        sync,
        ledger,
        settings.read(),
        lambda done, total: progress.update(task, completed=done, total=total),
        clock=engine.now,
        records=records,
    )
    with ledger.reader() as connection:
        edited = len({row["record_key"] for row in drift_store.listed(connection, sync.name)})
    unread = len(compared.unread) + compared.left
    click.echo(f"{sync.name}: {compared.records} documents read back, {edited} waiting for a choice, {unread} not read")
    for record, why in compared.unread.items():
        click.echo(f"{record}: {why}", err=True)
    if compared.stopped is not None:
        click.echo(f"{sync.name}: {compared.stopped}", err=True)
    return compared.is_whole


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
