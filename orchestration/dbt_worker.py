"""dbt in a process of its own: reads one invocation per line on stdin, answers with one JSON line per finished node.

A child, because dbt's adapter would keep the warehouse locked in the process that ran it; long-lived where several
invocations follow each other, because starting dbt and reading the project cost more than a small build. Run as
`python -m orchestration.dbt_worker`; spoken to by `orchestration.build`.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any, TextIO

FAILED = {"error", "fail", "runtime error"}
FINISHED = {
    "LogModelResult",
    "LogTestResult",
    "LogSeedResult",
    "LogNodeResult",
    "SkippingDetails",
    "LogSkipBecauseError",
}

# A project is half a million objects that live as long as the process: looking them all through for cycles every few
# thousand new ones takes a sixth of a build.
COLLECT_AFTER = (100_000, 50, 100)


def main(requests: TextIO, answers: TextIO) -> None:
    from dbt.cli.main import dbtRunner

    gc.set_threshold(*COLLECT_AFTER)
    manifests: dict[str, Any] = {}
    for line in requests:
        asked = json.loads(line)
        variables = asked["variables"]
        runner = dbtRunner(manifest=manifests.get(variables), callbacks=[lambda event: _tell(event, answers)])
        result = runner.invoke([*asked["arguments"], "--vars", variables, "--quiet", "--log-level-file", "none"])
        if asked["arguments"][0] == "parse" and result.success:
            manifests[variables] = result.result
            gc.freeze()
        _release()
        words = str(result.exception) if result.exception else ""
        _say(answers, {"done": True, "success": bool(result.success), "words": words})


def _tell(event: Any, answers: TextIO) -> None:
    """One line per finished node, and dbt's own words for errors."""
    if event.info.name in FINISHED:
        data = event.data
        status = getattr(data, "status", "skip")
        if status.lower() in FAILED or status.upper().startswith(("ERROR", "FAIL")):
            word = "failed"
        else:
            # Of a model that was built dbt says the adapter's own word ("OK"); of every other node its state.
            word = "success" if event.info.name == "LogModelResult" else status.lower()
        said = {
            "node": data.node_info.unique_id,
            "status": word,
            "index": getattr(data, "index", 0),
            "total": getattr(data, "total", 0),
            "seconds": getattr(data, "execution_time", 0.0),
        }
        _say(answers, said)
    elif event.info.level == "error":
        _say(answers, {"words": event.info.msg})


def _release() -> None:
    """Lets go of the warehouse file: dbt-duckdb keeps its database open until told otherwise."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections

    cleanup_connections()
    DuckDBConnectionManager.close_all_connections()


def _say(answers: TextIO, said: dict[str, Any]) -> None:
    answers.write(json.dumps(said) + "\n")
    answers.flush()


if __name__ == "__main__":
    # dbt writes where it likes; answers keep the real stdout to themselves.
    real = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main(sys.stdin, real)
