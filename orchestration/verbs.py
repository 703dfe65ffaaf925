"""What the verbs of `cartwheel` do, in words on the screen; each returns its exit code (0 only when all was done)."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from orchestration import environment, warehouse
from orchestration.screen import print_wide, say, screen, trouble


class Refused(Exception):
    """The user asked for something that cannot be; the message says what to do instead."""


@contextmanager
def progress_display() -> Iterator[Progress]:
    """A progress display on a terminal; silent where the output is a file."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=trouble, transient=True, disable=not trouble.is_terminal) as progress:
        yield progress


def extract_platforms(names: tuple[str, ...], since: str | None) -> int:
    environment.prepare()
    from pipelines.extract import Extracted, extract, platforms

    known = platforms()
    for wanted in names:
        if wanted not in known:
            raise Refused(f"There is no platform '{wanted}'. Known: {', '.join(known)}.")
    start = _moment(since)
    chosen, outcomes, skipped = names or known, list[Extracted](), list[str]()
    with progress_display() as progress, warehouse.writing("cartwheel extract"):
        task = progress.add_task("extract", total=len(chosen))
        for platform in chosen:
            progress.update(task, description=f"extract {platform}")
            found = extract(platform, since=start)
            outcomes += found
            if not found:
                skipped.append(platform)
                screen.print(f"{platform}: not configured, skipped (set SOURCES__{platform.upper()}__BASE_URL)")
            progress.advance(task)
    for outcome in outcomes:
        screen.print(f"{outcome.platform}.{outcome.resource}: {outcome.rows} rows")
        for field, count in outcome.undeclared.items():
            screen.print(f"  new field '{field}' in {count} records, kept in _undeclared: look at it, then declare it")
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in failed:
        say(trouble, f"{outcome.platform}.{outcome.resource}: {outcome.error}")
    if skipped and (names or not outcomes):
        say(
            trouble,
            f"Not configured: {', '.join(skipped)}. "
            "Start the sandbox (`cartwheel up`) or configure the platform (`cartwheel doctor`).",
        )
    return 1 if failed or not outcomes or (names and skipped) else 0


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"--since '{text}' is not an ISO 8601 moment such as 2026-10-01T00:00:00Z") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def build_models(select: tuple[str, ...], settings: dict[str, Any]) -> int:
    environment.prepare()
    _check(settings)
    from orchestration import build
    from orchestration.ledger_import import read_ledger
    from orchestration.transform import dbt_variables

    with warehouse.writing("cartwheel build: read the ledger"):
        read_ledger()
    with progress_display() as progress:
        task = progress.add_task("build", total=None)

        def show(index: int, total: int, node: str) -> None:
            progress.update(task, completed=index, total=total, description=f"build {node[:48]}")

        with build.worker(show) as dbt:
            built = build.run(select, {**dbt_variables(), **settings}, dbt)
    for node in built.warnings:
        screen.print(f"warning: {node}")
    if not built.succeeded:
        trouble.print(f"build failed: {', '.join(built.failures) or 'dbt could not start'}")
        trouble.print(built.words.strip()[-1500:], markup=False)
        if built.nodes:
            _publish_the_sound(trouble)
        return 1
    if not built.nodes:
        raise Refused(
            f"No model matches '{' '.join(select)}'. A model's name, such as fct_bridge, selects it; no name builds all."
        )
    screen.print(f"{len(built.done)} models, seeds and tests done")
    _publish_the_sound(screen)
    return 0


# More names than these are a wall nobody reads; all of them are in Dagster, at the snapshot.
NAMED = 8


def _publish_the_sound(console: Console) -> None:
    """Publishes what no failed check puts in doubt, and says what was held back and which syncs wait for it."""
    from orchestration import activation

    published = activation.publish(datetime.now(UTC))
    say(console, f"published snapshot {published.version}")
    if published.failed:
        for check in published.failed:
            say(trouble, f"check that fails: {check.name}. {check.meaning}".rstrip())
            for row in check.rows:
                say(trouble, f"  found wrong: {row}")
        named = ", ".join(published.held_back[:NAMED]) or "nothing"
        more = f" and {len(published.held_back) - NAMED} more tables" if len(published.held_back) > NAMED else ""
        say(trouble, f"held back, with their last sound content: {named}{more}")
        say(trouble, f"syncs blocked: {', '.join(activation.blocked_syncs(published)) or 'none'}")


def _check(settings: dict[str, Any]) -> None:
    as_of, window = settings.get("as_of"), settings.get("rfm_window_months")
    if as_of is not None:
        try:
            datetime.strptime(as_of, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise Refused(f"--as-of '{as_of}' is not a date such as 2026-10-31") from None
    if window is not None and window != "all" and not window.isdigit():
        raise Refused(f"--rfm-window '{window}' is neither a number of months nor 'all'")


def run_query(sql: str, output: str) -> int:
    environment.prepare()
    with warehouse.reading() as connection:
        try:
            found = connection.execute(sql)
        except duckdb.Error as error:
            raise Refused(str(error).splitlines()[0]) from None
        columns = [column[0] for column in found.description or ()]
        if output == "table":
            # As text, not as markup: brackets in a value are the value's.
            table = Table(*map(escape, columns))
            for row in found.fetchall():
                table.add_row(*(Text("" if value is None else str(value)) for value in row))
            print_wide(table)
        elif output == "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(found.fetchall())
        else:
            rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
            sys.stdout.write(json.dumps(rows, default=str, indent=1) + "\n")
    return 0


def load_files(directory: Path, *, set_aside: bool = False) -> int:
    environment.prepare()
    from pipelines.files.load import load

    with progress_display() as progress, warehouse.writing("cartwheel load"):
        task = progress.add_task("load", total=None)
        outcome = load(
            directory,
            warehouse.path(),
            lambda text: progress.update(task, description=f"load {text}"),
            set_aside=set_aside,
        )
    for loaded in outcome.loaded:
        say(screen, f"{loaded.file}: {loaded.rows} {loaded.kind} loaded")
    for refusal in (*outcome.refused, *outcome.set_aside):
        say(trouble, str(refusal))
    if outcome.refused:
        files = len({refusal.file for refusal in outcome.refused})
        say(trouble, f"Not loaded: {files} {'file' if files == 1 else 'files'}, for the reasons above.")
    if outcome.set_aside:
        say(
            trouble,
            f"Set aside in raw_files.refused_rows: {len(outcome.set_aside)} of the rows above. "
            "Correct them in their file and load it again.",
        )
    return 1 if outcome.refused or outcome.set_aside or not outcome.loaded else 0


def examine() -> int:
    environment.prepare()
    from pipelines.doctor import examine as look
    from pipelines.extract import platforms
    from pipelines.intake.examine import examine as look_at_webhooks

    table = Table("platform", "state", "what to do")
    sound = True
    for platform in platforms():
        for finding in (*look(platform), *look_at_webhooks(platform)):
            table.add_row(finding.platform, finding.state, finding.advice)
            sound = sound and not finding.is_failure
    screen.print(table)
    return 0 if sound else 1


def _chosen_syncs(names: tuple[str, ...]) -> list[str]:
    from reverse_etl import engine

    known = list(engine.syncs())
    for wanted in names:
        if wanted not in known:
            raise Refused(f"There is no sync '{wanted}'. Known: {', '.join(known)}.")
    return list(names) or known


def plan_syncs(names: tuple[str, ...], output: str, limit: int) -> int:
    environment.prepare()
    from orchestration.activation import make_plan
    from reverse_etl import engine, settings
    from reverse_etl.forecast import forecast
    from reverse_etl.rendering import as_json, render_text

    chosen = _chosen_syncs(names)
    with closing(engine.open_ledger()) as ledger:
        plans = [make_plan(name, ledger) for name in chosen]
        if output == "json":
            sys.stdout.write(json.dumps([as_json(made) for made in plans], indent=1, default=str) + "\n")
            return 0
        owners = settings.read()
        for made in plans:
            screen.print(
                render_text(made, limit or len(made.deliveries)), markup=False, highlight=False, soft_wrap=True
            )
            if made.deliveries:
                cost = forecast(made, engine.sync_named(made.sync), ledger, engine.now(), owners)
                screen.print(f"  to send it: {cost}", markup=False, highlight=False, soft_wrap=True)
            screen.print()
    return 0


def _tell(progress: Progress, task: TaskID, done: int, total: int) -> None:
    progress.update(task, completed=done, total=total)


def push_syncs(names: tuple[str, ...], reference: str | None) -> int:
    environment.prepare()
    from orchestration.activation import refusals, spoken_money
    from orchestration.pushing import push_all, push_stored
    from reverse_etl import engine

    def following(progress: Progress, name: str) -> Any:
        return partial(_tell, progress, progress.add_task(f"push {name}", total=None))

    table, clean = Table("sync", "accepted", "rejected", "in doubt", "waiting", "money", "requests"), True
    with closing(engine.open_ledger()) as ledger, progress_display() as progress:
        if reference is not None:
            results = [push_stored(reference, ledger, following(progress, reference))]
        else:
            pushes = push_all(_chosen_syncs(names), ledger, partial(following, progress))
            for pushed in pushes:
                if pushed.refused is not None:
                    say(trouble, f"{pushed.sync}: {pushed.refused}")
                    clean = False
            results = [pushed.result for pushed in pushes if pushed.result is not None]
        for result in results:
            counts = (result.accepted, result.rejected, result.in_doubt, result.waiting)
            table.add_row(result.sync, *map(str, counts), spoken_money(result.money_minor), str(result.calls))
            if result.stopped:
                say(trouble, f"{result.sync}: {result.stopped}")
            if result.rejected:
                for refusal in refusals(ledger, result.plan_id):
                    say(trouble, f"{result.sync}, {refusal}")
            clean = clean and result.is_clean
    print_wide(table)
    if not clean:
        say(trouble, "See `cartwheel exceptions` for what waits for a person, and what to do about it.")
    return 0 if clean else 1
