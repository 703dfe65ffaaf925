"""`cartwheel demo`: one turn of the wheel on a fresh sandbox through Dagster's own assets, then a second to show rest."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from rich.progress import Progress, TaskID

from orchestration import environment
from orchestration.verbs import progress_display, screen

# dbt's own line for a finished node, such as "12 of 310 PASS not_null_… [PASS in 0.02s]".
NODE_DONE = re.compile(r"(\d+) of (\d+) (?:OK|PASS|WARN|ERROR|FAIL|SKIP|NO-OP)")


class StepLog(io.TextIOBase):
    """Takes what the steps print: kept in a file for whoever wants it, and dbt's counts shown as progress."""

    def __init__(self, file: io.TextIOBase, progress: Progress, task: TaskID) -> None:
        self._file, self._progress, self._task = file, progress, task

    def write(self, text: str) -> int:
        self._file.write(text)
        for done, total in NODE_DONE.findall(text):
            self._progress.update(
                self._task, completed=int(done), total=int(total), description="build and test models"
            )
        return len(text)


class Wheel:
    """The asset graph, run step by step in this process."""

    def __init__(self) -> None:
        from orchestration.resources import dagster_home

        logging.getLogger("alembic").setLevel(logging.WARNING)
        dagster_home()
        from orchestration import definitions

        self._definitions = definitions
        self._instance = dg.DagsterInstance.get()
        self._refresh = definitions.defs.resolve_job_def("refresh_warehouse")

    def refresh(self, log: Path) -> None:
        """Reads every platform, builds all models, publishes the snapshot."""
        steps: list[tuple[str, list[dg.AssetKey]]] = [
            (f"read {assets.node_def.name.removeprefix('extract_')}", list(assets.keys))
            for assets in self._definitions.raw
        ]
        steps.append(("build and test models", list(self._definitions.models.keys)))
        steps.append(("publish snapshot", list(self._definitions.snapshot.keys)))
        with _steps(log) as (progress, task):
            for name, keys in steps:
                progress.reset(task, total=None, description=name)
                self._run(self._refresh, keys)

    def plan(self, log: Path) -> dict[str, dg.ExecuteInProcessResult]:
        return self._each_sync("plan", log)

    def push(self, log: Path) -> dict[str, dg.ExecuteInProcessResult]:
        return self._each_sync("push", log)

    def _each_sync(self, verb: str, log: Path) -> dict[str, dg.ExecuteInProcessResult]:
        results = {}
        with _steps(log) as (progress, task):
            for sync in self._definitions.jobs:
                progress.reset(task, total=None, description=f"{verb} {sync}")
                job = self._definitions.defs.resolve_job_def(f"push_{sync}")
                results[sync] = self._run(job, [dg.AssetKey([verb, sync])])
        return results

    def _run(self, job: dg.JobDefinition, keys: list[dg.AssetKey]) -> dg.ExecuteInProcessResult:
        quiet: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = job.execute_in_process(
            instance=self._instance, asset_selection=keys, run_config=quiet, raise_on_error=False
        )
        if not result.success:
            reasons = [
                str(event.step_failure_data.user_failure_data or event.step_failure_data.error_display_string)
                for event in result.all_events
                if event.is_step_failure
            ]
            raise StepFailed(f"{' and '.join(key.to_user_string() for key in keys[:1])}: " + "\n".join(reasons)[:3000])
        return result


class StepFailed(Exception):
    """A step of the demo failed; the message is the step's own."""


@contextlib.contextmanager
def _steps(log: Path) -> Iterator[tuple[Progress, TaskID]]:
    with progress_display() as progress, log.open("a") as file:
        task = progress.add_task("", total=None)
        writer = StepLog(file, progress, task)
        with contextlib.redirect_stdout(writer):  # type: ignore[type-var]
            yield progress, task


def load_world() -> None:
    """First load of a running sandbox, for `cartwheel up`: the UI then shows every asset materialized."""
    log = environment.home() / "up.log"
    screen.print("Loading the sandbox's world: read, build, publish …")
    Wheel().refresh(log)


def run(orders: int, seed: int) -> None:
    """The whole turn, and what it did. Raises StepFailed with the step's own words."""
    environment.prepare()
    from orchestration import summary
    from sandbox.server import CREDENTIALS, Sandbox

    started = time.monotonic()
    with Sandbox(port=0, seed=seed, orders=orders) as world:
        environment.born(environment.SandboxAddress(world.url, world.base_urls, CREDENTIALS))
        try:
            log = environment.home() / "demo.log"
            log.unlink(missing_ok=True)
            screen.print(f"Sandbox with {orders} orders on {world.url}\n")
            wheel = Wheel()
            wheel.refresh(log)
            summary.totals(screen)
            planned = wheel.plan(log)
            pushed = wheel.push(log)
            summary.pushed(screen, planned, pushed, world)
            wheel.refresh(log)
            summary.rest(screen, wheel.plan(log))
            summary.needs_a_human(screen)
        finally:
            environment.gone()
    screen.print(f'\nDone in {time.monotonic() - started:.0f} s. Look further: cartwheel query "from fct_bridge"')
