"""`cartwheel demo`: one turn of the wheel on a fresh sandbox through Dagster's own assets, then a second to show rest."""

from __future__ import annotations

import contextlib
import gc
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import dagster as dg
from rich.progress import Progress

from orchestration import environment
from orchestration.dbt_worker import COLLECT_AFTER
from orchestration.screen import screen
from orchestration.verbs import progress_display

QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Wheel:
    """The asset graph, run step by step in this process; dbt reads its project beside the first extraction."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        from orchestration import build
        from orchestration.transform import KEPT

        logging.getLogger("alembic").setLevel(logging.WARNING)
        gc.set_threshold(*COLLECT_AFTER)
        self._instance = instance
        self._dbt = KEPT["dbt"] = build.Worker()
        self._parsing = ThreadPoolExecutor(1).submit(build.parse, self._dbt)

    def close(self) -> None:
        from orchestration.transform import KEPT

        KEPT.pop("dbt", None)
        self._dbt.close()
        self._instance.dispose()

    def refresh(self, progress: Progress, again: bool = False) -> None:
        """Reads every platform, builds and tests all models, publishes the snapshot. again: of the models the tables alone."""
        from orchestration.ingest import raw_assets

        task = progress.add_task("read", total=None)
        raw = raw_assets()
        for number, assets in enumerate(raw):
            name = assets.node_def.name.removeprefix("extract_")
            progress.update(task, description=f"read {name}", completed=number, total=len(raw))
            self._check(dg.materialize([assets], instance=self._instance, run_config=QUIET, raise_on_error=False))
        progress.update(task, description="build models" + ("" if again else " and test them"), total=None)
        self._parsing.result()
        definitions = self._definitions()
        self._dbt.progress = lambda done, total, _: progress.update(task, completed=done, total=total)
        job = definitions.defs.resolve_job_def("refresh_warehouse")
        self._run(job, list(definitions.models.keys), {"resources": {"dbt": {"config": {"only_tables": again}}}})
        progress.update(task, description="publish the snapshot", total=None)
        self._run(job, list(definitions.snapshot.keys))
        progress.remove_task(task)

    def plan_all(self, progress: Progress) -> dict[str, dg.ExecuteInProcessResult]:
        """Materializes `plan` of every sync in one run: none of them waits for another."""
        definitions = self._definitions()
        task = progress.add_task(f"plan {len(definitions.jobs)} syncs", total=None)
        job = definitions.defs.resolve_implicit_global_asset_job_def()
        result = self._run(job, [dg.AssetKey(["plan", sync]) for sync in definitions.jobs])
        progress.remove_task(task)
        return dict.fromkeys(definitions.jobs, result)

    def push_each(self, progress: Progress) -> dict[str, dg.ExecuteInProcessResult]:
        """Materializes `push` of every sync, one after the other, the most urgent first."""
        definitions = self._definitions()
        results = {}
        task = progress.add_task("push", total=len(definitions.jobs))
        for sync in definitions.jobs:
            progress.update(task, description=f"push {sync}", advance=1)
            results[sync] = self._run(definitions.defs.resolve_job_def(f"push_{sync}"), [dg.AssetKey(["push", sync])])
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
                    planned = wheel.plan_all(progress)
                    pushed = wheel.push_each(progress)
                summary.pushed(screen, planned, pushed, world)
                with progress_display() as progress:
                    # The same data with our own changes in it: its claims were tested a minute ago.
                    wheel.refresh(progress, again=True)
                    again = wheel.plan_all(progress)
                summary.rest(screen, again)
                summary.needs_a_human(screen)
        finally:
            environment.gone()
    screen.print(f'\nDone in {time.monotonic() - started:.0f} s. Look further: cartwheel query "from fct_bridge"')
