"""Runs dbt for the `build` verb in a child process, with progress, under the writer's lock."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchestration import environment, warehouse
from orchestration.resources import dbt_executable

Progress = Callable[[int, int, str], None]


@dataclass
class Built:
    """Outcome of a build: nodes done, and the failed ones with dbt's message (what each failure means is in the test's head)."""

    done: int = 0
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    succeeded: bool = False
    last_words: str = ""


def run(select: tuple[str, ...], variables: dict[str, Any], progress: Progress) -> Built:
    """Builds and tests the selected models. dbt runs as a child: its connection would keep this process's file locked."""
    command = [dbt_executable(), "--log-format", "json", "--log-level", "info", "build"]
    command += ["--profiles-dir", str(environment.TRANSFORM), "--project-dir", str(environment.TRANSFORM)]
    command += ["--target-path", os.environ["CARTWHEEL_DBT_TARGET"], "--vars", json.dumps(variables)]
    if select:
        command += ["--select", *select]
    with warehouse.writing("cartwheel build"):
        warehouse.ensure_raw_tables()
        built = Built()
        with subprocess.Popen(  # noqa: S603 - our own executable, arguments as a list
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as child:
            for line in child.stdout or ():
                _note(line, built, progress)
        built.succeeded = child.returncode == 0
    return built


def _note(line: str, built: Built, progress: Progress) -> None:
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        built.last_words = (built.last_words + line)[-2000:]
        return
    data, info = said.get("data", {}), said.get("info", {})
    if info.get("level") == "error":
        built.last_words = (built.last_words + info.get("msg", "") + "\n")[-2000:]
    status = data.get("status")
    if "index" not in data or "total" not in data or status in (None, "start", "started"):
        return
    built.done += 1
    node = data.get("node_info", {}).get("node_name") or data.get("name", "")
    if status in ("error", "fail"):
        built.failures.append(node)
    elif status == "warn":
        built.warnings.append(node)
    progress(int(data["index"]), int(data["total"]), node)
