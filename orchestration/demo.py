"""`cartwheel demo`: one turn of the wheel on a fresh sandbox through Dagster's own assets, then a second to show rest."""

from __future__ import annotations

import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import dagster as dg
from rich.progress import Progress

from orchestration import environment
from orchestration.screen import screen
from orchestration.verbs import progress_display

QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Wheel:
    """The asset graph, run step by step in this process; dbt reads its project beside the first extraction."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        from orchestration import build
        from orchestration.transform import KEPT

        logging.getLogger("alembic").setLevel(logging.WARNING)
        self._instance = instance
        self._dbt = KEPT["dbt"] = build.Worker()
        self._parsing = ThreadPoolExecutor(1).submit(build.parse, self._dbt)

    def close(self) -> None:
        from orchestration.transform import KEPT

        KEPT.pop("dbt", None)
        self._dbt.close()
        self._instance.dispose()

    def refresh(self, progress: Progress, with_tests: bool = True) -> None:
        """Reads every platform, builds (and tests) all models, publishes the snapshot."""
        from orchestration.ingest import raw_assets

        task = progress.add_task("read", total=None)
        raw = raw_assets()
        for number, assets in enumerate(raw):
            name = assets.node_def.name.removeprefix("extract_")
            progress.update(task, description=f"read {name}", completed=number, total=len(raw))
            self._check(dg.materialize([assets], instance=self._instance, run_config=QUIET, raise_on_error=False))
        progress.update(task, description="build models" + (" and test them" if with_tests else ""), total=None)
        self._parsing.result()
        definitions = self._definitions()
        self._dbt.progress = lambda done, total, _: progress.update(task, completed=done, total=total)
        job = definitions.defs.resolve_job_def("refresh_warehouse")
        tests = {"resources": {"dbt": {"config": {"with_tests": with_tests}}}}
        self._run(job, list(definitions.models.keys), tests)
        progress.update(task, description="publish the snapshot", total=None)
        self._run(job, list(definitions.snapshot.keys))
        progress.remove_task(task)

    def each_sync(self, verb: str, progress: Progress) -> dict[str, dg.ExecuteInProcessResult]:
        """Materializes `plan` or `push` of every sync, the most urgent first."""
        definitions = self._definitions()
        results = {}
        task = progress.add_task(verb, total=len(definitions.jobs))
        for sync in definitions.jobs:
            progress.update(task, description=f"{verb} {sync}", advance=1)
            job = definitions.defs.resolve_job_def(f"push_{sync}")
            results[sync] = self._run(job, [dg.AssetKey([verb, sync])])
        progress.remove_task(task)
        return results

    def _definitions(self) -> ModuleType:
        from orchestration import definitions

        return definitions

    def _run(
        self, job: dg.JobDefinition, keys: list[dg.AssetKey], config: dict[str, Any] | None = None
    ) -> dg.ExecuteInProcessResult:
        return self._check(
            job.execute_in_process(
                instance=self._instance,
                asset_selection=keys,
                run_config={**QUIET, **(config or {})},
                raise_on_error=False,
            )
        )

    def _check(self, result: dg.ExecuteInProcessResult) -> dg.ExecuteInProcessResult:
        for event in result.all_events:
            if event.is_step_failure:
                said = event.step_failure_data.user_failure_data
                words = said.description if said else event.step_failure_data.error_display_string
                details = [str(value.value) for value in (said.metadata if said else {}).values()]
                raise StepFailed("\n".join([f"{event.step_key}: {words}", *details])[:3000])
        return result


class StepFailed(Exception):
    """A step of the demo failed; the message is the step's own."""


def load_world() -> None:
    """First load of a running sandbox, for `cartwheel up`: the UI then shows every asset materialized."""
    from orchestration.resources import dagster_home

    screen.print("Loading the sandbox's world: read, build, test, publish …")
    dagster_home()
    with contextlib.closing(Wheel(dg.DagsterInstance.get())) as wheel, progress_display() as progress:
        wheel.refresh(progress)


def run(orders: int, seed: int) -> None:
    """The whole turn, and what it did. Raises StepFailed with the step's own words."""
    environment.prepare()
    from orchestration import summary
    from sandbox.server import CREDENTIALS, Sandbox

    started = time.monotonic()
    with Sandbox(port=0, seed=seed, orders=orders) as world:
        environment.born(environment.SandboxAddress(world.url, world.base_urls, CREDENTIALS, world.further_settings))
        screen.print(f"A sandbox of the platforms with {orders} orders answers on {world.url}\n")
        try:
            # Nobody looks at these runs in the UI afterwards; writing each event to disk would cost a sixth of the time.
            with contextlib.closing(Wheel(dg.DagsterInstance.ephemeral())) as wheel:
                with progress_display() as progress:
                    wheel.refresh(progress)
                summary.totals(screen)
                with progress_display() as progress:
                    planned = wheel.each_sync("plan", progress)
                    pushed = wheel.each_sync("push", progress)
                summary.pushed(screen, planned, pushed, world)
                with progress_display() as progress:
                    # The same data with our own changes in it: its claims were tested a minute ago.
                    wheel.refresh(progress, with_tests=False)
                    again = wheel.each_sync("plan", progress)
                summary.rest(screen, again)
                summary.needs_a_human(screen)
        finally:
            environment.gone()
    screen.print(f'\nDone in {time.monotonic() - started:.0f} s. Look further: cartwheel query "from fct_bridge"')
