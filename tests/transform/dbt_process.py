"""dbt for tests: one child process per test process, which reads the project once and then builds any warehouse.

A child, because in this process dbt's adapter would keep the warehouse locked (DuckDB has one writing process).
`python -m tests.transform.dbt_process` is that child: a JSON request per line on stdin, a JSON answer per line on stdout.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import yaml
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
TRANSFORM = ROOT / "transform"
# What dbt keeps of a project it read, for the next process and the next run; dbt itself sees which files are newer.
PARSED = TRANSFORM / "target" / "of_tests"


def described(path: Path) -> Any:
    """A yml of the project, by libyaml where it is there: hundreds of them are read, and each takes a tenth of the time."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def invoke(warehouse: Path, *arguments: str) -> tuple[bool, str]:
    """One dbt command on a warehouse: whether it succeeded, and dbt's words."""
    child = _child()
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps({"warehouse": str(warehouse), "arguments": arguments}) + "\n")
    child.stdin.flush()
    answer = child.stdout.readline()
    assert answer, "dbt's process ended without an answer"
    said = json.loads(answer)
    return said["success"], said["words"]


def target() -> Path:
    """Where this process's dbt writes its manifest and the compiled models."""
    return Path(_folder().name) / "target"


def manifest() -> dict[str, Any]:
    """The project as dbt reads it."""
    succeeded, words = invoke(PARSED / "warehouse.duckdb", "parse")
    assert succeeded, words
    found: dict[str, Any] = json.loads((target() / "manifest.json").read_text())
    return found


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="dbt_process_")


@functools.cache
def _child() -> subprocess.Popen[str]:
    folder = _folder()
    environment = {
        **os.environ,
        "CARTWHEEL_DBT_TARGET": f"{folder.name}/target",
        "CARTWHEEL_DBT_LOGS": f"{folder.name}/logs",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.transform.dbt_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=environment,
    )

    def end() -> None:
        child.communicate()
        folder.cleanup()

    atexit.register(end)
    return child


def _serve(requests: TextIO, answers: TextIO) -> None:
    from dbt.cli.main import dbtRunner

    # The project's objects live as long as this process; see orchestration/dbt_worker.py.
    gc.set_threshold(100_000, 50, 100)
    manifest: Any = None
    for line in requests:
        request = json.loads(line)
        os.environ["CARTWHEEL_WAREHOUSE"] = request["warehouse"]
        if manifest is None:
            manifest = _parsed(dbtRunner())
            gc.freeze()
        result, words = _run(dbtRunner(manifest=manifest), request["arguments"])
        success, trouble = bool(result.success), f"\n{result.exception}" if result.exception else ""
        answers.write(json.dumps({"success": success, "words": "\n".join(words) + trouble}) + "\n")
        answers.flush()


def _parsed(runner: Any) -> Any:
    """The project, read by the first of all test processes and by each later one from what that kept: a third of the time."""
    kept, own = PARSED / "partial_parse.msgpack", Path(os.environ["CARTWHEEL_DBT_TARGET"])
    PARSED.mkdir(parents=True, exist_ok=True)
    own.mkdir(parents=True, exist_ok=True)
    with FileLock(PARSED / "lock"):
        if kept.exists():
            shutil.copy(kept, own)
        # For another warehouse dbt would read all anew, and only the name of its file is in what it reads.
        warehouse, os.environ["CARTWHEEL_WAREHOUSE"] = (
            os.environ["CARTWHEEL_WAREHOUSE"],
            str(PARSED / "warehouse.duckdb"),
        )
        manifest = _run(runner, ["parse"])[0].result
        os.environ["CARTWHEEL_WAREHOUSE"] = warehouse
        shutil.copy(own / kept.name, kept)
    return manifest


def _run(runner: Any, arguments: Sequence[str]) -> tuple[Any, list[str]]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections

    words: list[str] = []
    runner.callbacks = [lambda event: words.append(event.info.msg) if event.info.level != "debug" else None]
    project = ["--project-dir", str(TRANSFORM), "--profiles-dir", str(TRANSFORM)]
    target = ["--target-path", os.environ["CARTWHEEL_DBT_TARGET"], "--log-path", os.environ["CARTWHEEL_DBT_LOGS"]]
    result = runner.invoke(["--quiet", "--no-use-colors", "--log-level-file", "none", *arguments, *project, *target])
    # The adapter keeps the file open until told otherwise.
    cleanup_connections()
    DuckDBConnectionManager.close_all_connections()
    return result, words


if __name__ == "__main__":
    # dbt writes where it likes; answers keep the real stdout to themselves.
    real = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _serve(sys.stdin, real)
