"""Runs dbt for the build verb and the dbt assets: in a child process, with progress, under the writer's lock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from orchestration import environment, failed_checks, model_code, warehouse

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Node:
    """A model, seed or test that dbt finished: its unique id, its status in dbt's word ("success", "pass", "failed", …)."""

    unique_id: str
    status: str
    seconds: float

    @property
    def name(self) -> str:
        return self.unique_id.split(".")[2]


@dataclass
class Built:
    """Outcome of a build: every finished node, and dbt's own words on errors."""

    nodes: list[Node] = field(default_factory=list)
    words: str = ""
    succeeded: bool = False

    def add(self, later: Built) -> None:
        """A build after this one: of a node in both, what came of it there counts. One failure in either is a failure."""
        self.nodes = list({node.unique_id: node for node in (*self.nodes, *later.nodes)}.values())
        self.words += later.words
        self.succeeded = self.succeeded and later.succeeded

    @property
    def done(self) -> list[Node]:
        """Without what was skipped, of which nothing is known."""
        return [node for node in self.nodes if node.status != "skip"]

    @property
    def failures(self) -> list[str]:
        return [node.name for node in self.nodes if node.status == "failed"]

    @property
    def warnings(self) -> list[str]:
        return [node.name for node in self.nodes if node.status.startswith("warn")]


class Worker:
    """A dbt process that takes one invocation after the other. progress: called per finished node (done, total, name)."""

    def __init__(self, progress: Progress = lambda done, total, name: None) -> None:
        self.progress = progress
        folder = environment.home() / "dbt"
        folder.mkdir(exist_ok=True)
        self._log = (folder / "worker.log").open("a")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "orchestration.dbt_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=environment.ROOT,
        )

    def close(self) -> None:
        if self._child.stdin:
            self._child.stdin.close()
        self._child.wait(30)
        self._log.close()

    def invoke(self, arguments: Sequence[str], variables: dict[str, Any]) -> Built:
        """One dbt command, to its end."""
        project = str(environment.TRANSFORM)
        target = os.environ["CARTWHEEL_DBT_TARGET"]
        where = ["--profiles-dir", project, "--project-dir", project, "--target-path", target]
        request = {"arguments": [*arguments, *where], "variables": json.dumps(variables, sort_keys=True)}
        assert self._child.stdin is not None  # noqa: S101 - a pipe by construction
        assert self._child.stdout is not None  # noqa: S101
        self._child.stdin.write(json.dumps(request) + "\n")
        self._child.stdin.flush()
        built = Built()
        for line in self._child.stdout:
            said = json.loads(line)
            built.words = (built.words + (said["words"] + "\n" if said.get("words") else ""))[-4000:]
            if "node" in said:
                node = Node(said["node"], said["status"], said["seconds"])
                built.nodes.append(node)
                self.progress(said["index"], said["total"], node.name)
            if said.get("done"):
                built.succeeded = said["success"]
                return built
        built.words += "dbt's process ended without an answer"
        return built


@contextmanager
def worker(progress: Progress = lambda done, total, name: None) -> Iterator[Worker]:
    """A dbt process for as long as the block lasts."""
    started = Worker(progress)
    try:
        yield started
    finally:
        started.close()


def run(select: Sequence[str], variables: dict[str, Any], dbt: Worker, verb: Sequence[str] = ("build",)) -> Built:
    """Builds and tests the selected models (all when none is named). verb `run` leaves the tests out; options may follow.

    dbt skips all that comes after a test that failed; what no failure puts in doubt is built all the same.
    """
    with warehouse.writing(f"dbt {verb[0]}"):
        warehouse.ensure_raw_tables()
        built = dbt.invoke([*verb, *(_selected(select) if select else ())], variables)
        # Still under the lock: whoever publishes next must know what this build found wrong.
        failed_checks.remember(built)
        before: list[str] = []
        while (skipped := failed_checks.skipped_in_vain(built)) and skipped != before:
            built.add(dbt.invoke([*verb, *_selected(skipped), "--exclude", *built.failures], variables))
            failed_checks.remember(built)
            before = skipped
        model_code.remember(built, variables)
        return built


def _selected(names: Sequence[str]) -> list[str]:
    return ["--indirect-selection", "buildable", "--select", *names]


def parse(dbt: Worker) -> None:
    """Writes manifest.json of the project. Raises RuntimeError with dbt's own words."""
    parsed = dbt.invoke(["parse"], {})
    if not parsed.succeeded:
        raise RuntimeError(f"dbt could not read the project:\n{parsed.words}")
